using System.Text.Json;

namespace OAuthClient;

/// <summary>Parses a logout token and validates its claims (OpenID Connect Back-Channel Logout §2.6).</summary>
internal static class LogoutTokenValidator
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    // An older token may be a replay. A server that retries issues a new token.
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Parses a logout token and validates its size, format, algorithm, type and issuer. Any client on the network can post a token, so
    /// these checks run before any request to the server or the store.
    /// </summary>
    /// <param name="compact">The token as it was posted.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <returns>The token, whose signature is not verified yet.</returns>
    /// <exception cref="OAuthProtocolException">The token is not a logout token of the client's server.</exception>
    public static UnverifiedJwt Parse(string compact, ClientConfiguration configuration)
    {
        if (configuration.ConfiguredMetadata.Issuer is null)
            throw new OAuthProtocolException(
                "A logout token was received, but the server's issuer is not known, so the token cannot be validated. Set Issuer."
            );
        string opened = JweDecryptor.Decrypt(compact, JwtType.LogoutToken, configuration.DecryptionKeys);
        var token = UnverifiedJwt.Parse(opened, JwtType.LogoutToken, configuration.Algorithms.Of(JwtType.LogoutToken));
        ValidateIssuer(token.Claims, Issuer(token, configuration));
        return token;
    }

    /// <summary>Validates the claims of a token whose signature is not verified yet (§2.4, §2.6).</summary>
    /// <param name="token">The token that <see cref="Parse"/> returned.</param>
    /// <param name="configuration">The client's registration.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The claims, which the caller must not use before the signature is verified.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or not valid.</exception>
    public static LogoutToken ValidateClaims(UnverifiedJwt token, ClientConfiguration configuration, ClockReading now) =>
        Validate(token.Claims, Issuer(token, configuration), configuration, now);

    /// <summary>Validates the claims of a logout token (OpenID Connect Back-Channel Logout §2.4, §2.6).</summary>
    /// <exception cref="OAuthProtocolException">A claim is missing or not valid.</exception>
    public static LogoutToken Validate(JsonElement claims, string issuer, ClientConfiguration configuration, ClockReading clock)
    {
        ValidateIssuer(claims, issuer);
        IdTokenClaimsValidator.ValidateAudience(claims, configuration, JwtType.LogoutToken);
        var (expiresAt, issuedAt) = IdTokenClaimsValidator.ValidateTimes(claims, JwtType.LogoutToken, clock);
        if (clock.Now - clock.Tolerance - MaximumAge > issuedAt)
            throw new OAuthProtocolException(
                $"The logout token was issued more than {MaximumAge.TotalMinutes} minutes ago {clock.Compare("iat", issuedAt)}"
            )
            {
                IsTransient = true,
            };
        string id =
            claims.Text("jti")
            ?? throw new OAuthProtocolException("The logout token has no jti (OpenID Connect Back-Channel Logout §2.4).");
        ValidateEvent(claims);
        // Otherwise an ID Token, which the browser can read, could be used as a logout token.
        if (claims.TryGetProperty("nonce", out _))
            throw new OAuthProtocolException(
                "The logout token has a nonce, which only an ID Token may have (OpenID Connect Back-Channel Logout §2.4)."
            );
        // The maximum age is applied first: some servers send the year 9999 for "never", and adding the clock skew to it would overflow.
        var acceptedUntil = (expiresAt < issuedAt + MaximumAge ? expiresAt : issuedAt + MaximumAge + Tick) + clock.Tolerance;
        var token = new LogoutToken(issuer, claims.Text("sub"), claims.Text("sid"), issuedAt, id, acceptedUntil);
        return token is { Subject: null, SessionId: null }
            ? throw new OAuthProtocolException(
                "The logout token has neither sub nor sid, so it identifies no session and no user (OpenID Connect Back-Channel Logout "
                    + "§2.6)."
            )
            : token;
    }

    /// <summary>Validates the issuer (§2.6).</summary>
    /// <param name="claims">The token's claims.</param>
    /// <param name="issuer">The issuer that the token must name.</param>
    /// <exception cref="OAuthProtocolException">The token names another issuer, or no issuer.</exception>
    public static void ValidateIssuer(JsonElement claims, string issuer)
    {
        if (claims.Text("iss") != issuer)
            throw new OAuthProtocolException(
                $"The logout token's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}'."
            );
    }

    private static void ValidateEvent(JsonElement claims)
    {
        var events = claims.Member("events");
        if (events.ValueKind != JsonValueKind.Object || events.Member(Event).ValueKind != JsonValueKind.Object)
        {
            throw new OAuthProtocolException(
                $"The logout token's events claim contains no object {Event}, so it is not a logout token (OpenID Connect Back-Channel "
                    + "Logout §2.4)."
            );
        }
    }

    // Accepts a tenant that was removed from AllowedTenants: otherwise its sessions would be valid again if it were allowed again.
    private static string Issuer(UnverifiedJwt token, ClientConfiguration configuration) =>
        configuration.ConfiguredMetadata.RequiredIssuer(token.Claims, JwtType.LogoutToken.Name, mayBeOfAnyTenant: true)!;
}
