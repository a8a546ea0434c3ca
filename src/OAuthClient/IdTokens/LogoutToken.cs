using System.Text.Json;

namespace OAuthClient;

/// <summary>The claims of a logout token, which names the session or the subject (or both) that signed out at the server.</summary>
/// <param name="Issuer">The issuer (<c>iss</c>).</param>
/// <param name="Subject">The subject (<c>sub</c>), or <see langword="null"/>.</param>
/// <param name="SessionId">The session (<c>sid</c>), or <see langword="null"/> for all sessions of the subject.</param>
/// <param name="IssuedAt">The time of issue (<c>iat</c>), by the server's clock.</param>
/// <param name="Id">The identifier of the token (<c>jti</c>).</param>
/// <param name="AcceptedUntil">The time from which the token is rejected as expired, by this machine's clock.</param>
internal sealed record LogoutToken(
    string Issuer,
    string? Subject,
    string? SessionId,
    DateTimeOffset IssuedAt,
    string Id = "",
    DateTimeOffset AcceptedUntil = default
)
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    // An older token may be a replay. A server that retries issues a new token.
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(5);

    /// <summary>Validates the claims of a logout token (OpenID Connect Back-Channel Logout §2.4, §2.6).</summary>
    /// <exception cref="OAuthProtocolException">A claim is missing or not valid.</exception>
    public static LogoutToken Validate(JsonElement claims, string issuer, string clientId, DateTimeOffset now)
    {
        ValidateIssuer(claims, issuer);
        IdTokenClaimsValidator.ValidateAudience(claims, clientId, JwtType.LogoutToken);
        var expiresAt = IdTokenClaimsValidator.Time(claims, "exp", JwtType.LogoutToken);
        if (now - ClockSkew >= expiresAt)
            throw new OAuthProtocolException("The logout token has expired.") { IsTransient = true };
        var issuedAt = IdTokenClaimsValidator.Time(claims, "iat", JwtType.LogoutToken);
        if (issuedAt > now + ClockSkew)
            throw new OAuthProtocolException("The logout token was issued in the future; check this machine's clock, or the server's.")
            {
                IsTransient = true,
            };
        if (now - ClockSkew - MaximumAge > issuedAt)
            throw new OAuthProtocolException(
                $"The logout token was issued more than {MaximumAge.TotalMinutes} minutes ago; check this machine's clock, or the server's."
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
        var acceptedUntil = (expiresAt < issuedAt + MaximumAge ? expiresAt : issuedAt + MaximumAge + Tick) + ClockSkew;
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
        if (!string.Equals(claims.Text("iss"), issuer, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                $"The logout token's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}'."
            );
    }

    /// <summary>Returns a fixed text that contains no claim value.</summary>
    public override string ToString() => "Logout token";

    private static void ValidateEvent(JsonElement claims)
    {
        if (
            !claims.TryGetProperty("events", out var events)
            || events.ValueKind != JsonValueKind.Object
            || !events.TryGetProperty(Event, out var logout)
            || logout.ValueKind != JsonValueKind.Object
        )
        {
            throw new OAuthProtocolException(
                $"The logout token's events claim contains no object {Event}, so it is not a logout token (OpenID Connect Back-Channel "
                    + "Logout §2.4)."
            );
        }
    }
}
