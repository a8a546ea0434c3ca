using System.Security.Cryptography;

namespace OAuthClient.Testing;

/// <summary>The supported signing algorithms (RFC 7518 §3.1, RFC 8037 §3.1).</summary>
internal static class SignatureAlgorithm
{
    /// <summary>The client secret is the key (OpenID Connect Core §10.1).</summary>
    public const string Hmac = "HS256";

    private static readonly string[] BuiltIn = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    // The two names of one algorithm: RFC 9864 §2.2 and RFC 8037 §3.1.
    private static readonly string[] Ed25519 = ["Ed25519", "EdDSA"];

    /// <summary>All algorithms, also those that need an implementation of the test's.</summary>
    public static readonly IReadOnlyList<string> Known = [.. BuiltIn, .. Ed25519, Hmac];

    public static IReadOnlyList<string> Asymmetric(ITestEd25519? ed25519) => ed25519 is null ? BuiltIn : [.. BuiltIn, .. Ed25519];

    public static IReadOnlyList<string> All(ITestEd25519? ed25519) => [.. Asymmetric(ed25519), Hmac];

    public static bool IsElliptic(string algorithm) => algorithm.StartsWith("ES", StringComparison.Ordinal);

    public static bool IsEd25519(string algorithm) => Ed25519.Contains(algorithm);

    public static HashAlgorithmName Hash(string algorithm) =>
        IsEd25519(algorithm)
            ? HashAlgorithmName.SHA512
            : algorithm[^3..] switch
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
