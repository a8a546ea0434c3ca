using System.Text.Json;

namespace OAuthClient;

/// <summary>Validates the claims of a signed introspection response (RFC 9701 §5).</summary>
internal static class IntrospectionJwtValidator
{
    // The server creates the response for this request, so an older one is a replay.
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(5);

    /// <summary>Validates the claims.</summary>
    /// <returns>The members of <c>token_introspection</c>.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or not valid.</exception>
    public static JsonElement Validate(JsonElement claims, string? issuer, string clientId, ClockReading clock)
    {
        if (issuer is null)
            throw new OAuthProtocolException("The introspection response is signed, but the server's issuer is not known; set Issuer.");
        if (claims.Text("iss") != issuer)
            throw new OAuthProtocolException(
                $"The introspection response's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}', the server that "
                    + "received the request (RFC 9701 §5)."
            );
        if (!claims.TextOrTexts("aud").Contains(clientId))
            throw new OAuthProtocolException(
                "The introspection response's aud does not name this client: it was created for another client (RFC 9701 §5)."
            );
        var issuedAt =
            NumericDate.ReadIfPresent(claims, "iat", JwtType.Introspection.Name)
            ?? throw new OAuthProtocolException("The introspection response has no iat, so its age is not known (RFC 9701 §5).");
        if (clock.IsInFuture(issuedAt))
            throw Untimely("was issued in the future", "iat", issuedAt, clock);
        if (clock.Now - issuedAt > (clock.Tolerance > MaximumAge ? clock.Tolerance : MaximumAge))
            throw Untimely("is too old", "iat", issuedAt, clock);
        if (NumericDate.ReadIfPresent(claims, "exp", JwtType.Introspection.Name) is { } expiresAt && clock.HasPassed(expiresAt))
            throw Untimely("has expired", "exp", expiresAt, clock);
        return claims.Object("token_introspection")
            ?? throw new OAuthProtocolException(
                "The introspection response has no token_introspection, which describes the token (RFC 9701 §5)."
            );
    }

    private static OAuthProtocolException Untimely(string fault, string claim, DateTimeOffset stated, ClockReading clock) =>
        new($"The introspection response {fault} {clock.Compare(claim, stated)} Otherwise the response may be a replay.")
        {
            IsTransient = true,
        };
}
