using System.Buffers.Text;
using System.Numerics;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>Checks a JWT's signature against the server's keys (OpenID Connect Core §3.1.3.7, RFC 7515 §5.2).</summary>
internal static class JwtSignature
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = 256 * 1024 };

    // The framework's own would keep what one server's key was made into for the whole process, and find it again for another server's.
    private static readonly CryptoProviderFactory Uncached = new() { CacheSignatureProviders = false };

    /// <summary>The keys that could have signed it: the right kind, for signing, and of that kid and algorithm where either is named.</summary>
    /// <param name="token">What is signed.</param>
    /// <param name="keys">The server's keys.</param>
    /// <param name="hasTenants">Whether the keys may be those of single tenants.</param>
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

    /// <summary>Whether one of the candidates made the signature. Without a kid each is tried, and the one that verifies is enough (OpenID Connect Core §10.1).</summary>
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

    /// <param name="token">What no key verifies.</param>
    /// <param name="candidates">How many keys could have.</param>
    /// <param name="mayPass">Whether a newer key set could hold the one that does.</param>
    public static OAuthProtocolException Refusal(UnverifiedJwt token, int candidates, bool mayPass) =>
        new(
            candidates == 0
                ? $"None of the server's keys can have signed the {token.Kind.Name} ({token.Algorithm}, kid '{ServerTextSanitizer.Clean(token.KeyId) ?? "none"}')."
                : $"The {token.Kind.Name}'s signature does not verify against the server's keys."
        )
        {
            IsTransient = mayPass,
        };

    // A key that names an issuer is that tenant's alone, or that of the tenant whom the token names.
    private static bool MayBeOfTenant(JsonWebKey key, UnverifiedJwt token)
    {
        if (!key.AdditionalData.TryGetValue("issuer", out object? written))
            return true;
        string? tenant = token.Claims.TextIfAny("tid");
        return written is string issuer
            && IssuerTemplate.IsTenant(tenant)
            && string.Equals(
                issuer.Replace(IssuerTemplate.Placeholder, tenant, StringComparison.Ordinal),
                token.Claims.TextIfAny(ParameterNames.Issuer),
                StringComparison.Ordinal
            );
    }

    // The claims are checked by IdTokenClaims on strictly parsed JSON, with our own clock.
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

    // RFC 7518 §3.3: 2048 bits or more. Counted here, because JsonWebKey.KeySize counts zeros in front and throws at a malformed key.
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
