using System.Text.Json;

namespace OAuthClient;

/// <summary>What an ID Token must say to be ours (OpenID Connect Core §3.1.3.7).</summary>
internal static class IdTokenClaims
{
    // OpenID Connect Core §3.1.3.7 (9) leaves "some small leeway, usually no more than a few minutes".
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <returns>The subject.</returns>
    /// <exception cref="ProtocolViolationException">A claim is missing or wrong.</exception>
    public static string Require(JsonElement claims, string issuer, string clientId, string? nonce, DateTimeOffset now)
    {
        if (!string.Equals(claims.Text("iss"), issuer, StringComparison.Ordinal))
            throw new ProtocolViolationException($"The ID Token's iss is '{ServerText.Clean(claims.Text("iss"))}', not '{issuer}', the server it came from.");
        RequireAudience(claims, clientId);
        // Not exp + leeway: servers write the end of the calendar for "never", and nothing can be added to that.
        if (now - ClockSkew >= Time(claims, "exp"))
            throw new ProtocolViolationException("The ID Token has expired.") { MayPass = true };
        if (Time(claims, "iat") > now + ClockSkew)
            throw new ProtocolViolationException("The ID Token was issued in the future; check this machine's clock, or the server's.") { MayPass = true };
        if (nonce is not null && !Secret.SameText(claims.Text("nonce"), nonce))
            throw new ProtocolViolationException("The ID Token's nonce is not that of the authorization request: it was made for another login.");
        return claims.Text("sub") ?? throw new ProtocolViolationException("The ID Token has no sub, so it does not say who signed in.");
    }

    /// <summary>After a request with <c>max_age</c>: anyone can take that out of the address, so only <c>auth_time</c> tells (§3.1.3.7 (13)).</summary>
    /// <exception cref="ProtocolViolationException">The user signed in too long ago, or the token does not say when.</exception>
    public static void RequireRecentSignIn(JsonElement claims, TimeSpan maxAge, DateTimeOffset now)
    {
        if (now - ClockSkew - Time(claims, "auth_time") > maxAge)
            throw new ProtocolViolationException("The user signed in longer ago than max_age allows (auth_time); begin an authorization with Prompt = \"login\".");
    }

    private static void RequireAudience(JsonElement claims, string clientId)
    {
        var audience = claims.TryGetProperty("aud", out var aud) && aud.ValueKind == JsonValueKind.Array
            ? claims.Texts("aud")!
            : claims.Text("aud") is { } single ? [single] : [];
        if (!audience.Contains(clientId, StringComparer.Ordinal))
            throw new ProtocolViolationException("The ID Token's aud does not name this client: it was issued to another.");
        if (audience.Any(other => !string.Equals(other, clientId, StringComparison.Ordinal)))
            throw new ProtocolViolationException("The ID Token's aud names further audiences, which this client has no reason to trust.");
        if (claims.Text("azp") is { } authorizedParty && !string.Equals(authorizedParty, clientId, StringComparison.Ordinal))
            throw new ProtocolViolationException("The ID Token's azp is another client.");
    }

    private static DateTimeOffset Time(JsonElement claims, string name)
    {
        if (!claims.TryGetProperty(name, out var member) || member.ValueKind != JsonValueKind.Number || !member.TryGetDouble(out double seconds))
            throw new ProtocolViolationException($"The ID Token has no {name}, or one that is no number.");
        return seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : throw new ProtocolViolationException($"The ID Token's {name} is no moment in time.");
    }
}
