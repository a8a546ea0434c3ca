using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>How a <see cref="TestAuthorizationServer"/> behaves. Unless said otherwise a change takes effect on the next request.</summary>
public sealed class TestAuthorizationServerOptions
{
    internal const string TenantPlaceholder = "{tenantid}";

    /// <summary>The clock by which everything expires. The system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>A path for the issuer, such as <c>/tenants/one</c>: starts with a slash, does not end with one. Read once, at the start.</summary>
    public string? PathBase { get; set; }

    /// <summary>
    /// Whether the server speaks https, with a certificate made in memory (<see cref="TestAuthorizationServer.Certificate"/>). A second port then demands
    /// client certificates, and the metadata point to it by <c>mtls_endpoint_aliases</c> (RFC 8705 §5). Off by default. Read once, at the start.
    /// </summary>
    public bool UseTls { get; set; }

    /// <summary>
    /// Makes the server one of many tenants: a path with <c>{tenantid}</c> in it, such as <c>/{tenantid}/v2.0</c>. The metadata then name the issuer with the
    /// placeholder, as do the keys; ID Tokens have the tenant of their <see cref="TestUser"/> in its place and as the claim <c>tid</c>; callbacks carry no
    /// <c>iss</c>. Use <see cref="PathBase"/> for the address that all tenants share. Read once, at the start.
    /// </summary>
    public string? IssuerTemplate { get; set; }

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

    /// <summary>What ID Tokens are signed with, unless a client registered otherwise: RS, PS or ES with 256, 384 or 512 (RFC 7518 §3.1). <c>RS256</c> by default.</summary>
    /// <exception cref="ArgumentException">Set to another algorithm.</exception>
    public string SigningAlgorithm
    {
        get;
        set =>
            field = SignatureAlgorithm.Asymmetric.Contains(value)
                ? value
                : throw new ArgumentException(
                    $"SigningAlgorithm must be one of {string.Join(", ", SignatureAlgorithm.Asymmetric)}, not '{value}'.",
                    nameof(value)
                );
    } = "RS256";

    /// <summary>
    /// Whether every token is signed with a key made just before, in place of those until then: a client whose copy of the key set is a moment old must
    /// fetch it again (OpenID Connect Core §10.1.1). Off by default.
    /// </summary>
    public bool RotateSigningKeyBeforeSigning { get; set; }

    /// <summary>Whether signed tokens name their key, <c>kid</c>. On by default.</summary>
    public bool SendKeyId { get; set; } = true;

    /// <summary>Whether the keys in the key set have a <c>kid</c>. On by default.</summary>
    public bool PublishKeyIds { get; set; } = true;

    /// <summary>
    /// Whether the key set has, before each key, others of the same <c>kid</c>: for another algorithm, of another type, and for encryption. Off by default.
    /// </summary>
    public bool PublishDecoyKeys { get; set; }

    /// <summary>
    /// The authentication context classes that a sign-in satisfies: of the <c>acr_values</c> that a request asks for, the first that is here becomes the ID
    /// Token's <c>acr</c> (OpenID Connect Core §3.1.2.1). Empty by default.
    /// </summary>
    public ISet<string> AcrValuesSupported { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether ID Tokens carry <c>azp</c>, the client's identifier (OpenID Connect Core §2). Off by default.</summary>
    public bool SendAuthorizedParty { get; set; }

    /// <summary>The scopes that exist here; others are refused with <c>invalid_scope</c>. Add your own.</summary>
    public ISet<string> ScopesSupported { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            "openid",
            "profile",
            "email",
            "address",
            "phone",
            "offline_access",
            "api",
            "photos.read",
            "photos.write",
        };

    /// <summary>Whether clients may register themselves (RFC 7591) and manage their registration (RFC 7592). Off by default.</summary>
    public bool AllowRegistration { get; set; }

    /// <summary>The initial access token that a registration must carry (RFC 7591 §3); none is asked for when <see langword="null"/>, the default.</summary>
    public string? InitialAccessToken { get; set; }

    /// <summary>Whether each update of a registration gives a new registration access token and ends the old one (RFC 7592 §2.2). Off by default.</summary>
    public bool RotateRegistrationAccessTokens { get; set; }

    /// <summary>
    /// How long the secrets of registered clients are good; for ever when <see langword="null"/>, the default. Reading or updating a registration replaces
    /// a secret that is in the second half of its life.
    /// </summary>
    public TimeSpan? ClientSecretLifetime { get; set; }

    /// <summary>The one thing that is wrong with what the server sends; nothing by default.</summary>
    public Defect Defect { get; set; }

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

    /// <summary>Changes the header of an ID Token before it is signed, so that its <c>kid</c> or anything else can be what no server would send.</summary>
    public Action<JsonObject>? OnIdTokenHeader { get; set; }

    /// <summary>Changes the claims of a logout token before it is signed (OpenID Connect Back-Channel Logout §2.4).</summary>
    public Action<JsonObject>? OnLogoutTokenClaims { get; set; }

    /// <summary>Changes a UserInfo response before it is sent.</summary>
    public Action<JsonObject>? OnUserInfo { get; set; }

    /// <summary>Changes the answer to a registration, or to its reading or updating (RFC 7591 §3.2.1, RFC 7592 §3), before it is sent.</summary>
    public Action<JsonObject>? OnRegistration { get; set; }

    /// <summary>Changes a WebFinger answer (RFC 7033 §4.4) before it is sent.</summary>
    public Action<JsonObject>? OnWebFinger { get; set; }

    /// <summary>Changes what the introspection endpoint says about a token (RFC 7662 §2.2) before it is sent or signed.</summary>
    public Action<JsonObject>? OnIntrospection { get; set; }
}
