using System.Text.Json;

namespace OAuthClient;

/// <summary>Who signed out at the server: a session, a subject in all their sessions, or both at once.</summary>
/// <param name="Issuer">The <c>iss</c>.</param>
/// <param name="Subject">The <c>sub</c>, when there is one.</param>
/// <param name="SessionId">The <c>sid</c>, when there is one.</param>
/// <param name="IssuedAt">The <c>iat</c>, by the server's clock.</param>
/// <param name="Id">The <c>jti</c>.</param>
/// <param name="AcceptedUntil">When the token is accepted no more, by this machine's clock.</param>
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

    // What is on its way for longer was kept by somebody; a server that tries again makes a new one.
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(5);

    /// <summary>What a logout token must say to be one, and to be ours (OpenID Connect Back-Channel Logout §2.4, §2.6).</summary>
    /// <exception cref="OAuthProtocolException">A claim is missing or wrong.</exception>
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
        // Without this an ID Token, which browsers see, could sign its user out.
        if (claims.TryGetProperty("nonce", out _))
            throw new OAuthProtocolException(
                "The logout token has a nonce, which only an ID Token may have (OpenID Connect Back-Channel Logout §2.4)."
            );
        // Servers write the end of the calendar for "never": the maximum age applies first, because nothing can be added to that.
        var acceptedUntil = (expiresAt < issuedAt + MaximumAge ? expiresAt : issuedAt + MaximumAge + Tick) + ClockSkew;
        var token = new LogoutToken(issuer, claims.Text("sub"), claims.Text("sid"), issuedAt, id, acceptedUntil);
        return token is { Subject: null, SessionId: null }
            ? throw new OAuthProtocolException(
                "The logout token has neither sub nor sid, so it does not say who signed out (OpenID Connect Back-Channel Logout §2.6)."
            )
            : token;
    }

    /// <summary>Requires the issuer (§2.6).</summary>
    /// <param name="claims">The token's claims.</param>
    /// <param name="issuer">The issuer that the token must name.</param>
    /// <exception cref="OAuthProtocolException">The token names another issuer, or none.</exception>
    public static void ValidateIssuer(JsonElement claims, string issuer)
    {
        if (!string.Equals(claims.Text("iss"), issuer, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                $"The logout token's iss is '{ServerTextSanitizer.Clean(claims.Text("iss"))}', not '{issuer}'."
            );
    }

    /// <summary>Names nobody.</summary>
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
                $"The logout token's events do not hold {Event} with an object: it tells of something else than a logout (OpenID Connect Back-Channel Logout §2.4)."
            );
        }
    }
}
