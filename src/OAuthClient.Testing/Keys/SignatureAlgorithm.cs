using System.Security.Cryptography;

namespace OAuthClient.Testing;

/// <summary>The supported signing algorithms (RFC 7518 §3.1).</summary>
internal static class SignatureAlgorithm
{
    /// <summary>The client secret is the key (OpenID Connect Core §10.1).</summary>
    public const string Hmac = "HS256";

    public static IReadOnlyList<string> Asymmetric { get; } =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public static IReadOnlyList<string> All { get; } = [.. Asymmetric, Hmac];

    public static bool IsElliptic(string algorithm) => algorithm.StartsWith('E');

    public static HashAlgorithmName Hash(string algorithm) =>
        algorithm[^3..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };

    /// <summary>Returns the left half of the hash for <c>at_hash</c> (OpenID Connect Core §3.1.3.6).</summary>
    public static ReadOnlySpan<byte> LeftHalfOfHash(string algorithm, ReadOnlySpan<byte> bytes)
    {
        byte[] hash = CryptographicOperations.HashData(Hash(algorithm), bytes);
        return hash.AsSpan(0, hash.Length / 2);
    }
}
