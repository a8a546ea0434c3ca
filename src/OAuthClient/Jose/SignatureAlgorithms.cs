using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>The supported signature algorithms of ID Tokens and other JWTs of the server (RFC 7518 §3.1).</summary>
internal static class SignatureAlgorithms
{
    /// <summary>Algorithms that are verified with the server's keys.</summary>
    public static readonly IReadOnlyList<string> Asymmetric =
    [
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
    ];

    /// <summary>Algorithms that are verified only with the client secret (OpenID Connect Core §10.1).</summary>
    public static readonly IReadOnlyList<string> Symmetric = ["HS256", "HS384", "HS512"];

    public static readonly IReadOnlyList<string> Supported = [.. Asymmetric, .. Symmetric];

    public static bool IsSymmetric(string algorithm) => Symmetric.Contains(algorithm);

    /// <summary>Returns the hash of the algorithm.</summary>
    public static HashAlgorithmName Hash(string algorithm) =>
        HashLength(algorithm) switch
        {
            384 => HashAlgorithmName.SHA384,
            512 => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };

    /// <summary>Returns the length of the hash in bits, which is also the minimum length of the secret (RFC 7518 §3.2).</summary>
    public static int HashLength(string algorithm) =>
        algorithm[^3..] switch
        {
            "384" => 384,
            "512" => 512,
            _ => 256,
        };
}
