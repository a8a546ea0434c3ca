using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace OAuthClient;

/// <summary>The rules of the FAPI 2.0 Security Profile for algorithms, keys and client authentication.</summary>
internal static class Fapi2Profile
{
    private const int MinimumRsaBits = 2048;

    /// <summary>The signature algorithms (§5.4.1). Ed25519 has two names.</summary>
    public static readonly IReadOnlyList<string> Algorithms = ["PS256", "ES256", .. SignatureAlgorithms.Ed25519];

    /// <summary>The names of the algorithms, for messages.</summary>
    public static readonly string AlgorithmNames = string.Join(", ", Algorithms);

    /// <summary>Returns the algorithms that the client can verify.</summary>
    /// <param name="ed25519">The implementation of Ed25519; <see langword="null"/> without one.</param>
    public static IReadOnlyList<string> AlgorithmsWith(IEd25519? ed25519) =>
        ed25519 is null ? [.. Algorithms.Where(algorithm => !SignatureAlgorithms.IsEd25519(algorithm))] : Algorithms;

    /// <summary>Determines whether the profile allows a method of client authentication (§5.3.3.1).</summary>
    public static bool Allows(ClientAuthenticationMethod method) =>
        method is ClientAuthenticationMethod.PrivateKeyJwt or ClientAuthenticationMethod.TlsClientAuth;

    /// <summary>Requires that the key of a signer conforms to the profile (§5.4.1).</summary>
    /// <param name="signer">The signer.</param>
    /// <param name="source">The method of the builder that the signer comes from.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="InvalidOperationException">The algorithm, or the length of the key, does not conform.</exception>
    public static ISigner EnsureAllows(ISigner signer, string source)
    {
        if (!Algorithms.Contains(signer.Algorithm))
            throw new InvalidOperationException(
                $"The delegate of {source} returned a key that signs with {signer.Algorithm}; FAPI 2.0 Security Profile §5.4.1 allows "
                    + $"{AlgorithmNames}. Return a key of one of these algorithms."
            );
        // SigningKey validates the length itself.
        if (signer is not SigningKey && signer.Algorithm == "PS256" && !IsLong(signer.PublicJwk))
            throw new InvalidOperationException(
                $"The delegate of {source} returned an RSA key of fewer than {MinimumRsaBits} bits, or without its modulus; FAPI 2.0 "
                    + $"Security Profile §5.4.1 requires {MinimumRsaBits} bits. Return a longer key, or an EC key for ES256."
            );
        return signer;
    }

    private static bool IsLong(string jwk) =>
        StrictJson.TryParseObject(Encoding.UTF8.GetBytes(jwk))?.TextIfAny("n") is { } modulus
        && Base64Url.IsValid(modulus)
        && new BigInteger(Base64Url.DecodeFromChars(modulus), isUnsigned: true, isBigEndian: true).GetBitLength() >= MinimumRsaBits;
}
