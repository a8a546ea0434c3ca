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

    /// <summary>
    /// The two names of Ed25519: that of RFC 9864 §2.2, and that of RFC 8037 §3.1, which it replaces. They need an <see cref="IEd25519"/>.
    /// </summary>
    public static readonly IReadOnlyList<string> Ed25519 = ["Ed25519", "EdDSA"];

    /// <summary>What a developer changes to use Ed25519, as part of a sentence.</summary>
    public const string Ed25519Instruction = "add the package OAuthClient.Ed25519 and call services.AddOAuthClientEd25519()";

    public static readonly IReadOnlyList<string> Supported = [.. Asymmetric, .. Symmetric];

    public static bool IsSymmetric(string algorithm) => Symmetric.Contains(algorithm);

    public static bool IsEd25519(string algorithm) => Ed25519.Contains(algorithm);

    /// <summary>Returns the algorithms that are verified with the server's keys.</summary>
    /// <param name="ed25519">The implementation of Ed25519; <see langword="null"/> without one.</param>
    public static IReadOnlyList<string> AsymmetricWith(IEd25519? ed25519) => ed25519 is null ? Asymmetric : [.. Asymmetric, .. Ed25519];

    /// <summary>Returns the hash of the algorithm; for Ed25519 that of its definition (RFC 8032 §5.1).</summary>
    public static HashAlgorithmName Hash(string algorithm) =>
        IsEd25519(algorithm)
            ? HashAlgorithmName.SHA512
            : HashLength(algorithm) switch
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
