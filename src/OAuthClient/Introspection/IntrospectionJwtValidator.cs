using System.Text.Json;

namespace OAuthClient;

/// <summary>What a signed introspection answer must say to be meant for us, now (RFC 9701 §5).</summary>
internal static class IntrospectionJwtValidator
{
    // Clocks differ, and an answer that is made for this very question is not old when it comes.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(5);

    /// <returns>What it says about the token.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or wrong.</exception>
    public static JsonElement Validate(JsonElement claims, string? issuer, string clientId, DateTimeOffset now)
    {
        if (issuer is null)
            throw new OAuthProtocolException(
                "The introspection answer is signed, but whose signature it has to be is not known; set Issuer."
            );
        if (!string.Equals(claims.Text("iss"), issuer, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                $"The introspection answer's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}', the server that was asked (RFC 9701 §5)."
            );
        if (!claims.TextOrTexts("aud").Contains(clientId, StringComparer.Ordinal))
            throw new OAuthProtocolException(
                "The introspection answer's aud does not name this client: it was made for another (RFC 9701 §5)."
            );
        var issuedAt =
            Time(claims, "iat")
            ?? throw new OAuthProtocolException("The introspection answer has no iat, so it may be as old as it likes (RFC 9701 §5).");
        if (issuedAt > now + ClockSkew || now - issuedAt > MaximumAge || Time(claims, "exp") <= now - ClockSkew)
            throw new OAuthProtocolException(
                "The introspection answer was made at another time (iat, exp); it may be a copy of an old one, or a clock is wrong: this machine's, or the server's."
            )
            {
                IsTransient = true,
            };
        return claims.Object("token_introspection")
            ?? throw new OAuthProtocolException(
                "The introspection answer has no token_introspection, so it says nothing about the token (RFC 9701 §5)."
            );
    }

    private static DateTimeOffset? Time(JsonElement claims, string name)
    {
        if (!claims.TryGetProperty(name, out var member))
            return null;
        return member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out double seconds) && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : throw new OAuthProtocolException($"The introspection answer's {name} is no moment in time (RFC 7519 §4.1).");
    }
}
