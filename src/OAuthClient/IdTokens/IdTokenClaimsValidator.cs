using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>What an ID Token must say to be ours (OpenID Connect Core §3.1.3.7).</summary>
internal static class IdTokenClaimsValidator
{
    // OpenID Connect Core §3.1.3.7 (9) leaves "some small leeway, usually no more than a few minutes".
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    // 9999-12-31T23:59:59Z: what comes after is no date here.
    private const long LastSecond = 253_402_300_799;

    /// <returns>The subject.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or wrong.</exception>
    public static string Validate(JsonElement claims, string issuer, string clientId, string? nonce, DateTimeOffset now)
    {
        if (!string.Equals(claims.Text("iss"), issuer, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                $"The ID Token's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}', the server it came from."
            );
        ValidateAudience(claims, clientId, JwtType.IdToken);
        // Not exp + leeway: servers write the end of the calendar for "never", and nothing can be added to that.
        if (now - ClockSkew >= Time(claims, "exp", JwtType.IdToken))
            throw new OAuthProtocolException("The ID Token has expired.") { IsTransient = true };
        if (Time(claims, "iat", JwtType.IdToken) > now + ClockSkew)
            throw new OAuthProtocolException("The ID Token was issued in the future; check this machine's clock, or the server's.")
            {
                IsTransient = true,
            };
        if (nonce is not null && !Secret.SameText(claims.Text("nonce"), nonce))
            throw new OAuthProtocolException(
                "The ID Token's nonce is not that of the authorization request: it was made for another login."
            );
        return claims.Subject("ID Token") ?? throw new OAuthProtocolException("The ID Token has no sub, so it does not say who signed in.");
    }

    /// <summary>What any other JWT of the server may say, and then must say rightly: whom it is from, whom it is for, and until when it holds (§5.3.2, RFC 7519 §4.1).</summary>
    /// <exception cref="OAuthProtocolException">A claim is wrong.</exception>
    public static void ValidateIfPresent(UnverifiedJwt token, AuthorizationServerMetadata server, string clientId, DateTimeOffset now)
    {
        var claims = token.Claims;
        if (claims.Text("iss") is { } stated && !server.IsIssuer(stated))
            throw new OAuthProtocolException(
                $"The {token.Kind.Name}'s iss is '{ServerTextSanitizer.Clean(stated)}', not '{server.IssuerTemplate?.Text ?? server.Issuer}', the server it came from."
            );
        if (claims.TryGetProperty("aud", out _) && !Audience(claims).Contains(clientId, StringComparer.Ordinal))
            throw new OAuthProtocolException($"The {token.Kind.Name}'s aud does not name this client: it was made for another.");
        if (claims.TryGetProperty("exp", out _) && !(TryReadTime(claims, "exp") is { } end && now - ClockSkew < end))
            throw new OAuthProtocolException($"The {token.Kind.Name} has expired.") { IsTransient = true };
    }

    /// <summary>A moment, in seconds since 1970; <see langword="null"/> when there is none, or something else.</summary>
    public static DateTimeOffset? TryReadTime(JsonElement claims, string name) =>
        Number(claims, name) is { } seconds and >= 0 and <= LastSecond ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null;

    /// <summary>After a request with <c>max_age</c>: anyone can take that out of the address, so only <c>auth_time</c> tells (§3.1.3.7 (13)).</summary>
    /// <exception cref="OAuthProtocolException">The user signed in too long ago, or the token does not say when.</exception>
    public static void ValidateMaxAge(JsonElement claims, TimeSpan maxAge, DateTimeOffset now)
    {
        if (now - ClockSkew - Time(claims, "auth_time", JwtType.IdToken) > maxAge)
            throw new OAuthProtocolException(
                "The user signed in longer ago than max_age allows (auth_time); begin an authorization with Prompt = \"login\"."
            );
    }

    /// <summary>That the access token beside it is the one it was issued with (§3.1.3.6): <c>at_hash</c> need not be there, but must be right.</summary>
    /// <exception cref="OAuthProtocolException">It is another's.</exception>
    public static void ValidateAccessTokenHash(JsonElement claims, string algorithm, AccessToken accessToken)
    {
        if (!claims.TryGetProperty("at_hash", out var stated) || stated.ValueKind == JsonValueKind.Null)
            return;
        byte[] token = Encoding.ASCII.GetBytes(accessToken.Reveal());
        byte[] hash = SignatureAlgorithms.HashLength(algorithm) switch
        {
            384 => SHA384.HashData(token),
            512 => SHA512.HashData(token),
            _ => SHA256.HashData(token),
        };
        if (!Secret.SameText(StrictJson.TextOf(stated, "at_hash"), Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2))))
            throw new OAuthProtocolException(
                "The ID Token's at_hash is not that of the access token beside it: they were not issued together (OpenID Connect Core §3.1.3.8)."
            );
    }

    /// <summary>After a request that demanded one of these (§3.1.3.7 (12)): <c>acr_values</c> alone is a wish (§5.5.1.1).</summary>
    /// <exception cref="OAuthProtocolException">The user was authenticated otherwise, or the token does not say how.</exception>
    public static void ValidateAcr(JsonElement claims, IReadOnlyList<string> accepted)
    {
        if (accepted.Count > 0 && (claims.Text("acr") is not { } acr || !accepted.Contains(acr, StringComparer.Ordinal)))
            throw new OAuthProtocolException(
                $"The ID Token's acr is none of RequiredAcrValues ({string.Join(", ", accepted)}): the user was not authenticated as was demanded."
            );
    }

    /// <summary>A refreshed ID Token speaks of the same user and the same authentication as the one before it (§12.2). That <c>aud</c> and <c>azp</c> are this client is checked with every token.</summary>
    /// <param name="refreshed">What it claims, believed or not.</param>
    /// <param name="subject">Who signed in, when that is known.</param>
    /// <param name="issuer">The server, where it has one name.</param>
    /// <param name="earlier">The claims of the one before it, when there is one.</param>
    /// <exception cref="OAuthProtocolException">It speaks of another.</exception>
    public static void ValidateSameAuthentication(JsonElement refreshed, string? subject, string? issuer, JsonElement? earlier)
    {
        if (subject is not null && !string.Equals(refreshed.TextIfAny("sub"), subject, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                "The refresh brought an ID Token about another user (OpenID Connect Core §12.2); nothing of it was used."
            );
        if (
            (earlier?.TextIfAny("iss") ?? issuer) is { } known
            && !string.Equals(refreshed.TextIfAny("iss"), known, StringComparison.Ordinal)
        )
            throw new OAuthProtocolException(
                "The refresh brought an ID Token of another issuer (OpenID Connect Core §12.2); nothing of it was used."
            );
        if (earlier is not { } first)
            return;
        // Neither needs to be there; a nonce that is there is that of the login, and not that of another.
        if (refreshed.TextIfAny("nonce") is { } nonce && !Secret.SameText(nonce, first.TextIfAny("nonce")))
            throw new OAuthProtocolException(
                "The refresh brought an ID Token with another nonce than the first (OpenID Connect Core §12.2); nothing of it was used."
            );
        if (Number(refreshed, "auth_time") is { } now && Number(first, "auth_time") is { } then && now != then)
            throw new OAuthProtocolException(
                "The refresh brought an ID Token with another auth_time than the first (OpenID Connect Core §12.2): it speaks of another sign-in; nothing of it was used."
            );
    }

    /// <exception cref="OAuthProtocolException">It is not for this client, or for others too.</exception>
    public static void ValidateAudience(JsonElement claims, string clientId, JwtType kind)
    {
        var audience = Audience(claims);
        if (!audience.Contains(clientId, StringComparer.Ordinal))
            throw new OAuthProtocolException($"The {kind.Name}'s aud does not name this client: it was issued to another.");
        if (audience.Any(other => !string.Equals(other, clientId, StringComparison.Ordinal)))
            throw new OAuthProtocolException($"The {kind.Name}'s aud names further audiences, which this client has no reason to trust.");
        if (claims.Text("azp") is { } authorizedParty && !string.Equals(authorizedParty, clientId, StringComparison.Ordinal))
            throw new OAuthProtocolException($"The {kind.Name}'s azp is another client.");
    }

    private static IReadOnlyList<string> Audience(JsonElement claims) =>
        claims.TryGetProperty("aud", out var aud) && aud.ValueKind == JsonValueKind.Array ? claims.Texts("aud")!
        : claims.Text("aud") is { } single ? [single]
        : [];

    /// <exception cref="OAuthProtocolException">There is no such claim, or it is no time.</exception>
    public static DateTimeOffset Time(JsonElement claims, string name, JwtType kind)
    {
        double seconds =
            Number(claims, name) ?? throw new OAuthProtocolException($"The {kind.Name} has no {name}, or one that is no number.");
        return seconds is >= 0 and <= LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : throw new OAuthProtocolException($"The {kind.Name}'s {name} is no moment in time.");
    }

    private static double? Number(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out double number)
            ? number
            : null;
}
