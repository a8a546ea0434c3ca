using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>How a <see cref="TestAuthorizationServer"/> behaves. Unless said otherwise a change takes effect on the next request.</summary>
public sealed class TestAuthorizationServerOptions
{
    /// <summary>The clock by which everything expires. The system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>A path for the issuer, such as <c>/tenants/one</c>: starts with a slash, does not end with one. Read once, at the start.</summary>
    public string? PathBase { get; set; }

    /// <summary>Redirect URIs of the client that is always there, <c>test-client</c> with the secret <c>test-secret</c>.</summary>
    public IList<string> RedirectUris { get; } = [];

    /// <summary>How long an access token lives. One hour by default.</summary>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long an authorization code lives. Sixty seconds by default (RFC 6749 §4.1.2 recommends ten minutes at most).</summary>
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an ID Token is valid. Five minutes by default.</summary>
    public TimeSpan IdTokenLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long each refresh token lives. Thirty days by default.</summary>
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Whether a redeemed code gives a refresh token. On by default.</summary>
    public bool IssueRefreshTokens { get; set; } = true;

    /// <summary>Whether a refresh gives a new refresh token and spends the old one (RFC 9700 §4.14.2). On by default.</summary>
    public bool RotateRefreshTokens { get; set; } = true;

    /// <summary>For how long a spent refresh token may be used again, each time for another valid successor. Zero by default: every reuse kills the grant.</summary>
    public TimeSpan RefreshTokenGracePeriod { get; set; } = TimeSpan.Zero;

    /// <summary>Whether an authorization request must carry a code challenge (RFC 7636 §4.4.1). On by default.</summary>
    public bool RequirePkce { get; set; } = true;

    /// <summary>The code challenge methods that are advertised and accepted. Only <c>S256</c> by default (RFC 7636 §4.2).</summary>
    public ISet<string> CodeChallengeMethods { get; } = new HashSet<string>(StringComparer.Ordinal) { "S256" };

    /// <summary>Whether authorization responses carry <c>iss</c> and the metadata say so (RFC 9207). On by default.</summary>
    public bool SendIss { get; set; } = true;

    /// <summary>What ID Tokens are signed with: <c>RS256</c> (the default), <c>PS256</c> or <c>ES256</c> (RFC 7518 §3.1).</summary>
    /// <exception cref="ArgumentException">Set to another algorithm.</exception>
    public string SigningAlgorithm
    {
        get;
        set => field = value is "RS256" or "PS256" or "ES256"
            ? value
            : throw new ArgumentException($"SigningAlgorithm must be RS256, PS256 or ES256, not '{value}'.", nameof(value));
    } = "RS256";

    /// <summary>The scopes that exist here; others are refused with <c>invalid_scope</c>. Add your own.</summary>
    public ISet<string> ScopesSupported { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "openid", "profile", "email", "address", "phone", "offline_access", "api", "photos.read", "photos.write",
    };

    /// <summary>Changes the metadata before they are sent.</summary>
    public Action<JsonObject>? OnMetadata { get; set; }

    /// <summary>Changes the key set before it is sent.</summary>
    public Action<JsonObject>? OnJwks { get; set; }

    /// <summary>Changes the parameters of an authorization response before the browser gets them, so that one can be wrong, missing or doubled.</summary>
    public Action<IList<KeyValuePair<string, string>>>? OnAuthorizationResponse { get; set; }

    /// <summary>Changes a successful token response (RFC 6749 §5.1) before it is sent.</summary>
    public Action<JsonObject>? OnTokenResponse { get; set; }

    /// <summary>Changes the claims of an ID Token before it is signed.</summary>
    public Action<JsonObject>? OnIdTokenClaims { get; set; }

    /// <summary>Changes a UserInfo response before it is sent.</summary>
    public Action<JsonObject>? OnUserInfo { get; set; }
}
