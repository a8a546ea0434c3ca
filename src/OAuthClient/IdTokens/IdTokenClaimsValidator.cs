using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Validates the claims of an ID Token (OpenID Connect Core §3.1.3.7).</summary>
internal static class IdTokenClaimsValidator
{
    /// <summary>Validates the claims of an ID Token.</summary>
    /// <param name="claims">The claims.</param>
    /// <param name="issuer">The issuer that the token must name.</param>
    /// <param name="configuration">The client that must be the audience.</param>
    /// <param name="nonce">The nonce of the authorization request, or <see langword="null"/> when there is none.</param>
    /// <param name="clock">The current time.</param>
    /// <param name="mayLackNonce">Whether a token without any nonce is accepted.</param>
    /// <returns>The subject.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or not valid.</exception>
    public static string Validate(
        JsonElement claims,
        string issuer,
        ClientConfiguration configuration,
        string? nonce,
        ClockReading clock,
        bool mayLackNonce = false
    )
    {
        if (claims.Text("iss") != issuer)
            throw new OAuthProtocolException(
                $"The ID Token's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}', the server that sent it."
            );
        ValidateAudience(claims, configuration, JwtType.IdToken);
        ValidateTimes(claims, JwtType.IdToken, clock);
        ValidateNonce(claims.Text("nonce"), nonce, mayLackNonce);
        return claims.Subject("ID Token") ?? throw new OAuthProtocolException("The ID Token has no sub, so it does not identify the user.");
    }

    /// <summary>Validates the required expiration and time of issue of an ID Token or a logout token.</summary>
    /// <returns>The expiration and the time of issue.</returns>
    /// <exception cref="OAuthProtocolException">A time is missing, is not valid, or does not fit the current time.</exception>
    public static (DateTimeOffset ExpiresAt, DateTimeOffset IssuedAt) ValidateTimes(JsonElement claims, JwtType kind, ClockReading clock)
    {
        var expiresAt = NumericDate.Read(claims, "exp", kind.Name);
        if (clock.HasPassed(expiresAt))
            throw Expired(kind, expiresAt, clock);
        var issuedAt = NumericDate.Read(claims, "iat", kind.Name);
        if (clock.IsInFuture(issuedAt))
            throw new OAuthProtocolException($"The {kind.Name} was issued in the future {clock.Compare("iat", issuedAt)}")
            {
                IsTransient = true,
            };
        ValidateNotBefore(claims, kind, clock);
        return (expiresAt, issuedAt);
    }

    /// <summary>
    /// Validates the issuer, audience and expiration of another JWT of the server. Each claim is optional (§5.3.2, RFC 7519 §4.1).
    /// </summary>
    /// <exception cref="OAuthProtocolException">A claim is not valid.</exception>
    public static void ValidateIfPresent(UnverifiedJwt token, AuthorizationServerMetadata server, string clientId, ClockReading clock)
    {
        var claims = token.Claims;
        if (claims.Text("iss") is { } stated && !server.IsIssuer(stated))
            throw new OAuthProtocolException(
                $"The {token.Kind.Name}'s iss is '{ServerTextSanitizer.Clean(stated)}', not "
                    + $"'{server.IssuerTemplate?.Text ?? server.Issuer}', the server that sent it."
            );
        if (claims.TryGetProperty("aud", out _) && !claims.TextOrTexts("aud").Contains(clientId))
            throw new OAuthProtocolException($"The {token.Kind.Name}'s aud does not name this client: it was issued to another client.");
        if (claims.TryGetProperty("exp", out _) && NumericDate.Read(claims, "exp", token.Kind.Name) is var end && clock.HasPassed(end))
            throw Expired(token.Kind, end, clock);
        ValidateNotBefore(claims, token.Kind, clock);
    }

    /// <summary>
    /// Validates <c>auth_time</c> after a request with <c>max_age</c>. The user can remove <c>max_age</c> from the request, so only
    /// <c>auth_time</c> proves that the server applied it (§3.1.3.7 (13)).
    /// </summary>
    /// <exception cref="OAuthProtocolException">The user was authenticated too long ago, or <c>auth_time</c> is missing.</exception>
    public static void ValidateMaxAge(JsonElement claims, TimeSpan maxAge, ClockReading clock)
    {
        var authenticatedAt = NumericDate.Read(claims, "auth_time", JwtType.IdToken.Name);
        if (clock.Now - clock.Tolerance - authenticatedAt > maxAge)
            throw new OAuthProtocolException(
                "The user was authenticated longer ago than max_age "
                    + $"({maxAge.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s) allows "
                    + $"{clock.Compare("auth_time", authenticatedAt)} Otherwise begin an authorization with Prompt = \"login\"."
            );
    }

    /// <summary>
    /// Validates that the ID Token was issued together with the access token (§3.1.3.6). <c>at_hash</c> is optional; when present, it must
    /// match.
    /// </summary>
    /// <exception cref="OAuthProtocolException"><c>at_hash</c> does not match the access token.</exception>
    public static void ValidateAccessTokenHash(JsonElement claims, string algorithm, AccessToken accessToken)
    {
        var stated = claims.Member("at_hash");
        if (stated.IsAbsent())
            return;
        byte[] token = Encoding.ASCII.GetBytes(accessToken.Reveal());
        byte[] hash = CryptographicOperations.HashData(SignatureAlgorithms.Hash(algorithm), token);
        if (!Secret.SameText(StrictJson.TextOf(stated, "at_hash"), Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2))))
            throw new OAuthProtocolException(
                "The ID Token's at_hash does not match the access token: they were not issued together (OpenID Connect Core §3.1.3.8)."
            );
    }

    /// <summary>
    /// Validates <c>acr</c> after a request that required one of these values (§3.1.3.7 (12)). <c>acr_values</c> alone is a voluntary
    /// request (§5.5.1.1).
    /// </summary>
    /// <exception cref="OAuthProtocolException"><c>acr</c> is missing or is not an accepted value.</exception>
    public static void ValidateAcr(JsonElement claims, IReadOnlyList<string> accepted)
    {
        if (accepted.Count > 0 && (claims.Text("acr") is not { } acr || !accepted.Contains(acr)))
            throw new OAuthProtocolException(
                $"The ID Token's acr is none of RequiredAcrValues ({string.Join(", ", accepted)}): the user was not authenticated as "
                    + "required."
            );
    }

    /// <summary>
    /// Determines whether the ID Token of a refresh belongs to another user, server or client (§12.2). The tokens of its response then do
    /// so too. A claim that is missing or malformed says nothing about that.
    /// </summary>
    /// <param name="refreshed">The claims of the refreshed token, which may be unverified.</param>
    /// <param name="clientId">The client that must be in <c>aud</c>.</param>
    /// <param name="subject">The subject that signed in, or <see langword="null"/> when it is not known.</param>
    /// <param name="isIssuer">Determines whether an <c>iss</c> is that of the grant's server.</param>
    /// <returns>The exception that names the claim; <see langword="null"/> if no claim belongs to another.</returns>
    public static OAuthProtocolException? FindOtherIdentity(
        JsonElement refreshed,
        string clientId,
        string? subject,
        Func<string, bool> isIssuer
    )
    {
        string? other =
            subject is not null && refreshed.TextIfAny("sub") is { Length: > 0 } sub && sub != subject ? "of another user (sub)"
            : refreshed.TextIfAny("iss") is { Length: > 0 } issuer && !isIssuer(issuer) ? "of another issuer (iss)"
            : LacksAudience(refreshed.Member("aud"), clientId) ? "for another client (aud)"
            : null;
        return other is null
            ? null
            : new OAuthProtocolException(
                $"The refresh returned an ID Token {other} (OpenID Connect Core §12.2). Nothing of the response was used."
            );
    }

    /// <summary>
    /// Determines whether a refreshed ID Token is of another authentication than the previous one (§12.2). <c>aud</c> and <c>azp</c> are
    /// validated with every token.
    /// </summary>
    /// <param name="refreshed">The claims of the refreshed token, which may be unverified.</param>
    /// <param name="first">The claims of the previous ID Token.</param>
    /// <returns>The name of the claim that differs; <see langword="null"/> if none does.</returns>
    public static string? FindOtherAuthentication(JsonElement refreshed, JsonElement first)
    {
        // Both claims are optional in a refreshed token. A nonce that is present must be the nonce of the sign-in.
        if (refreshed.TextIfAny("nonce") is { } nonce && !Secret.SameText(nonce, first.TextIfAny("nonce")))
            return "nonce";
        return
            NumericDate.TryReadSeconds(refreshed, "auth_time") is { } now
            && NumericDate.TryReadSeconds(first, "auth_time") is { } then
            && now != then
            ? "auth_time"
            : null;
    }

    private static bool LacksAudience(JsonElement audience, string clientId) =>
        audience.ValueKind switch
        {
            JsonValueKind.String => StrictJson.TextIfAnyOf(audience) is { Length: > 0 } single && single != clientId,
            JsonValueKind.Array => audience.EnumerateArray().All(item => StrictJson.TextIfAnyOf(item) != clientId),
            _ => false,
        };

    /// <summary>
    /// Validates that the token's audience is this client, alone or beside trusted audiences, and that the authorized party is this client.
    /// </summary>
    /// <exception cref="OAuthProtocolException"><c>aud</c> or <c>azp</c> names another client.</exception>
    public static void ValidateAudience(JsonElement claims, ClientConfiguration configuration, JwtType kind)
    {
        var audience = claims.TextOrTexts("aud");
        if (!audience.Contains(configuration.ClientId))
            throw new OAuthProtocolException($"The {kind.Name}'s aud does not name this client: it was issued to another client.");
        if (
            audience.FirstOrDefault(other => other != configuration.ClientId && !configuration.TrustedAudiences.Contains(other)) is
            { } other
        )
            throw new OAuthProtocolException(
                $"The {kind.Name}'s aud names further audiences, which this client does not trust: "
                    + $"'{ServerTextSanitizer.Clean(other)}'. If it is known, add it to TrustedAudiences (OpenID Connect Core §3.1.3.7)."
            );
        if (claims.Text("azp") is { } authorizedParty && authorizedParty != configuration.ClientId)
            throw new OAuthProtocolException(
                $"The {kind.Name}'s azp names another client, '{ServerTextSanitizer.Clean(authorizedParty)}' (OpenID Connect Core "
                    + "§3.1.3.7)."
            );
    }

    private static void ValidateNonce(string? stated, string? requested, bool mayBeAbsent)
    {
        if (requested is null || Secret.SameText(stated, requested))
            return;
        if (stated is not null)
            throw new OAuthProtocolException(
                "The ID Token's nonce is not the nonce of the authorization request: the token was issued for another login."
            );
        if (!mayBeAbsent)
            throw new OAuthProtocolException(
                "The ID Token's nonce is not the nonce of the authorization request: it has none, so it may have been issued for another "
                    + "login (OpenID Connect Core §3.1.3.7). If this server never returns the nonce, set "
                    + "Adaptation.DangerouslyAcceptMissingNonce."
            );
    }

    // nbf is optional, and is no part of an ID Token's required claims (RFC 7519 §4.1.5).
    private static void ValidateNotBefore(JsonElement claims, JwtType kind, ClockReading clock)
    {
        if (NumericDate.TryRead(claims, "nbf") is { } validFrom && clock.IsInFuture(validFrom))
            throw new OAuthProtocolException($"The {kind.Name} is not valid yet {clock.Compare("nbf", validFrom)}") { IsTransient = true };
    }

    private static OAuthProtocolException Expired(JwtType kind, DateTimeOffset end, ClockReading clock) =>
        new($"The {kind.Name} has expired {clock.Compare("exp", end)}") { IsTransient = true };
}
