using System.Buffers.Text;
using System.Numerics;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>Verifies a JWT's signature with the server's keys (OpenID Connect Core §3.1.3.7, RFC 7515 §5.2).</summary>
internal static class AsymmetricSignatureValidator
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = 256 * 1024 };

    // The framework's default factory caches signature providers for the whole process, across servers.
    private static readonly CryptoProviderFactory Uncached = new() { CacheSignatureProviders = false };

    /// <summary>
    /// Returns the keys that may have signed the token: signing keys of the matching type, whose <c>kid</c> and <c>alg</c> match when they
    /// are present.
    /// </summary>
    /// <param name="token">The token.</param>
    /// <param name="keys">The server's keys.</param>
    /// <param name="hasTenants">Whether a key may belong to a single tenant of the server.</param>
    /// <returns>The candidate keys.</returns>
    public static IReadOnlyList<JsonWebKey> Candidates(UnverifiedJwt token, IReadOnlyList<JsonWebKey> keys, bool hasTenants = false) =>
        [
            .. keys.Where(key =>
                key.Kty == KeyType(token.Algorithm)
                && key.Use is null or "" or "sig"
                && (key.KeyOps.Count == 0 || key.KeyOps.Contains("verify", StringComparer.Ordinal))
                && (string.IsNullOrEmpty(key.Alg) || string.Equals(key.Alg, token.Algorithm, StringComparison.Ordinal))
                && (token.KeyId is null || string.Equals(key.Kid, token.KeyId, StringComparison.Ordinal))
                && (key.Kty != JsonWebAlgorithmsKeyTypes.RSA || IsStrong(key.N))
                && (key.Kty != JsonWebAlgorithmsKeyTypes.EllipticCurve || key.Crv == Curve(token.Algorithm))
                && (!hasTenants || MayBeOfTenant(key, token))
            ),
        ];

    /// <summary>
    /// Determines whether one of the candidates verifies the signature. Without a <c>kid</c> each key is tried (OpenID Connect Core §10.1).
    /// </summary>
    public static async Task<bool> VerifiesAsync(UnverifiedJwt token, IReadOnlyList<JsonWebKey> candidates)
    {
        foreach (var key in candidates)
        {
            var result = await Handler.ValidateTokenAsync(token.Compact, SignatureOnly(token, key)).ConfigureAwait(false);
            if (result.IsValid)
                return true;
        }
        return false;
    }

    /// <summary>Creates the exception for a signature that no key verifies.</summary>
    /// <param name="token">The token.</param>
    /// <param name="candidates">The number of candidate keys.</param>
    /// <param name="mayPass">Whether a newer key set may contain the signing key.</param>
    /// <returns>The exception.</returns>
    public static OAuthProtocolException Refusal(UnverifiedJwt token, int candidates, bool mayPass) =>
        new(
            candidates == 0
                ? $"None of the server's keys matches the {token.Kind.Name} ({token.Algorithm}, kid "
                    + $"'{ServerTextSanitizer.Clean(token.KeyId) ?? "none"}')."
                : $"The {token.Kind.Name}'s signature does not verify against the server's keys."
        )
        {
            IsTransient = mayPass,
        };

    // A key that names an issuer belongs to that tenant only. The placeholder in the issuer stands for the tenant that the token names.
    private static bool MayBeOfTenant(JsonWebKey key, UnverifiedJwt token)
    {
        if (!key.AdditionalData.TryGetValue("issuer", out object? value))
            return true;
        string? tenant = token.Claims.TextIfAny("tid");
        return value is string issuer
            && IssuerTemplate.IsTenant(tenant)
            && string.Equals(
                issuer.Replace(IssuerTemplate.Placeholder, tenant, StringComparison.Ordinal),
                token.Claims.TextIfAny(ParameterNames.Issuer),
                StringComparison.Ordinal
            );
    }

    // IdTokenClaimsValidator validates the claims, on strictly parsed JSON and with the injected TimeProvider.
    private static TokenValidationParameters SignatureOnly(UnverifiedJwt token, JsonWebKey key) =>
        new()
        {
            CryptoProviderFactory = Uncached,
            RequireSignedTokens = true,
            ValidateIssuerSigningKey = false,
            IssuerSigningKeyResolver = (_, _, _, _) => [key],
            TryAllIssuerSigningKeys = true,
            ValidAlgorithms = [token.Algorithm],
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            RequireExpirationTime = false,
        };

    // RFC 7518 §3.3 requires 2048 bits or more. JsonWebKey.KeySize counts leading zeros and throws for a malformed key.
    private static bool IsStrong(string? modulus) =>
        !string.IsNullOrEmpty(modulus)
        && Base64Url.IsValid(modulus)
        && new BigInteger(Base64Url.DecodeFromChars(modulus), isUnsigned: true, isBigEndian: true).GetBitLength() >= 2048;

    private static string KeyType(string algorithm) =>
        algorithm.StartsWith('E') ? JsonWebAlgorithmsKeyTypes.EllipticCurve : JsonWebAlgorithmsKeyTypes.RSA;

    // RFC 7518 §3.4
    private static string Curve(string algorithm) =>
        algorithm switch
        {
            "ES256" => JsonWebKeyECTypes.P256,
            "ES384" => JsonWebKeyECTypes.P384,
            _ => JsonWebKeyECTypes.P521,
        };
}
