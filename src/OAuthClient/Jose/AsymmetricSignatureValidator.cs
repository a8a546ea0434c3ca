using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>Verifies a JWT's signature with the server's keys (OpenID Connect Core §3.1.3.7, RFC 7515 §5.2).</summary>
internal static class AsymmetricSignatureValidator
{
    /// <summary>
    /// Returns the keys that may have signed the token: signing keys of the matching type, whose <c>kid</c> and <c>alg</c> match when they
    /// are present.
    /// </summary>
    /// <param name="token">The token.</param>
    /// <param name="keys">The server's keys.</param>
    /// <param name="hasTenants">Whether a key may belong to a single tenant of the server.</param>
    /// <returns>The candidate keys.</returns>
    public static IReadOnlyList<JwksKey> Candidates(UnverifiedJwt token, IReadOnlyList<JwksKey> keys, bool hasTenants = false) =>
        [.. keys.Where(key => IsCandidate(key, token) && (!hasTenants || MayBeOfTenant(key.Parameters, token)))];

    /// <summary>
    /// Determines whether one of the candidates verifies the signature. Without a <c>kid</c> each key is tried (OpenID Connect Core §10.1).
    /// </summary>
    /// <param name="token">The token.</param>
    /// <param name="candidates">The candidate keys.</param>
    /// <returns><see langword="true"/> if a candidate verifies the signature.</returns>
    public static bool Verifies(UnverifiedJwt token, IReadOnlyList<JwksKey> candidates) => candidates.Any(key => key.Verifies(token));

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

    private static bool IsCandidate(JwksKey key, UnverifiedJwt token)
    {
        var parameters = key.Parameters;
        return parameters.Kty == KeyType(token.Algorithm)
            && parameters.Use is null or "" or "sig"
            && (parameters.KeyOps.Count == 0 || parameters.KeyOps.Contains("verify"))
            && (string.IsNullOrEmpty(parameters.Alg) || parameters.Alg == token.Algorithm)
            && (token.KeyId is null || parameters.Kid == token.KeyId)
            && (parameters.Kty != JsonWebAlgorithmsKeyTypes.RSA || key.IsStrongRsa)
            && (parameters.Kty != JsonWebAlgorithmsKeyTypes.EllipticCurve || parameters.Crv == Curve(token.Algorithm));
    }

    // A key that names an issuer belongs to that tenant only. The placeholder in the issuer stands for the tenant that the token names.
    private static bool MayBeOfTenant(JsonWebKey key, UnverifiedJwt token)
    {
        if (!key.AdditionalData.TryGetValue("issuer", out object? value))
            return true;
        string? tenant = token.Claims.TextIfAny("tid");
        return value is string issuer
            && IssuerTemplate.IsTenant(tenant)
            && issuer.Replace(IssuerTemplate.Placeholder, tenant, StringComparison.Ordinal)
                == token.Claims.TextIfAny(ParameterNames.Issuer);
    }

    private static string KeyType(string algorithm) =>
        SignatureAlgorithms.IsEd25519(algorithm) ? JwksKey.OctetKeyPair
        : algorithm.StartsWith('E') ? JsonWebAlgorithmsKeyTypes.EllipticCurve
        : JsonWebAlgorithmsKeyTypes.RSA;

    // RFC 7518 §3.4
    private static string Curve(string algorithm) =>
        algorithm switch
        {
            "ES256" => JsonWebKeyECTypes.P256,
            "ES384" => JsonWebKeyECTypes.P384,
            _ => JsonWebKeyECTypes.P521,
        };
}
