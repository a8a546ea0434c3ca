using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Provides options for a <see cref="TestAuthorizationServer"/>. Unless stated otherwise, a change takes effect on the next request.
/// </summary>
public sealed partial class TestAuthorizationServerOptions
{
    internal const string TenantPlaceholder = "{tenantid}";

    /// <summary>Gets or sets the clock for lifetimes and delays. The default is <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Gets or sets a path for the issuer, such as <c>/tenants/one</c>. It starts with a slash and does not end with one. The server reads
    /// it once, at the start. The default is <see langword="null"/>, for no path.
    /// </summary>
    public string? PathBase { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the server uses HTTPS with a certificate that is created in memory
    /// (<see cref="TestAuthorizationServer.Certificate"/>). A second port then requires client certificates, and the metadata refer to it
    /// in <c>mtls_endpoint_aliases</c> (RFC 8705 §5). The server reads the value once, at the start. The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool UseTls { get; set; }

    /// <summary>
    /// Gets or sets a path that makes the server multi-tenant; it contains <c>{tenantid}</c>, such as <c>/{tenantid}/v2.0</c>. The server
    /// reads it once, at the start. The default is <see langword="null"/>, for a single issuer.
    /// </summary>
    /// <remarks>
    /// The issuer in the metadata and in the key set contains the placeholder. ID Tokens contain the tenant of the <see cref="TestUser"/>
    /// in the issuer and in the claim <c>tid</c>. Authorization responses have no <c>iss</c>. Set <see cref="PathBase"/> to the path that
    /// all tenants share.
    /// </remarks>
    public string? IssuerTemplate { get; set; }

    /// <summary>Gets the redirect URIs of the predefined client <c>test-client</c>. The list is empty by default.</summary>
    public IList<string> RedirectUris { get; } = [];

    /// <summary>Gets or sets the lifetime of access tokens. The default is one hour.</summary>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets or sets the lifetime of authorization codes. The default is 60 seconds (RFC 6749 §4.1.2 recommends at most ten minutes).
    /// </summary>
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the lifetime of ID Tokens. The default is five minutes.</summary>
    public TimeSpan IdTokenLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets the lifetime of refresh tokens. The default is 30 days.</summary>
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Gets or sets a value indicating whether the server issues a refresh token when a code is redeemed. With the scope <c>openid</c>,
    /// <c>offline_access</c> must be granted too, unless <see cref="RefreshTokenWithoutOfflineAccess"/> is set. The default is
    /// <see langword="true"/>.
    /// </summary>
    public bool IssueRefreshTokens { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether each refresh returns a new refresh token and invalidates the previous one (RFC 9700
    /// §4.14.2). The default is <see langword="true"/>.
    /// </summary>
    public bool RotateRefreshTokens { get; set; } = true;

    /// <summary>
    /// Gets or sets the period in which a rotated refresh token can be used again. Each use returns another valid refresh token. The
    /// default is zero: every reuse revokes the grant.
    /// </summary>
    public TimeSpan RefreshTokenGracePeriod { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Gets or sets a value indicating whether an authorization request must contain a code challenge (RFC 7636 §4.4.1). The default is
    /// <see langword="true"/>.
    /// </summary>
    public bool RequirePkce { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether authorization requests must be pushed
    /// (<c>require_pushed_authorization_requests</c>, RFC 9126 §5). The default is <see langword="false"/>.
    /// </summary>
    public bool RequirePushedAuthorizationRequests { get; set; }

    /// <summary>Gets or sets the lifetime of pushed authorization requests (RFC 9126 §2.2). The default is 60 seconds.</summary>
    public TimeSpan PushedRequestLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets a value indicating whether authorization requests must be signed request objects
    /// (<c>require_signed_request_object</c>, RFC 9101 §10.5). The default is <see langword="false"/>.
    /// </summary>
    public bool RequireSignedAuthorizationRequests { get; set; }

    /// <summary>
    /// Gets or sets the audience that clients' assertions must have (<c>private_key_jwt</c>, <c>client_secret_jwt</c>). The default is
    /// <see cref="TestAssertionAudience.Issuer"/>.
    /// </summary>
    public TestAssertionAudience ClientAssertionAudience { get; set; }

    /// <summary>
    /// Gets or sets the <c>typ</c> that clients' assertions must have, such as <c>client-authentication+jwt</c> or <c>JWT</c>. The default
    /// is <see langword="null"/>: both, or none.
    /// </summary>
    public string? ClientAssertionType { get; set; }

    /// <summary>
    /// Gets the code challenge methods that the server advertises and accepts. The default is <c>S256</c> only (RFC 7636 §4.2).
    /// </summary>
    public ISet<string> CodeChallengeMethods { get; } = new HashSet<string>(StringComparer.Ordinal) { "S256" };

    /// <summary>
    /// Gets or sets a value indicating whether authorization responses contain <c>iss</c> and the metadata advertise it (RFC 9207). The
    /// default is <see langword="true"/>.
    /// </summary>
    public bool SendIss { get; set; } = true;

    /// <summary>
    /// Gets or sets the implementation of Ed25519, with which the server signs and verifies <c>EdDSA</c> and <c>Ed25519</c>. The default is
    /// <see langword="null"/>: neither is supported.
    /// </summary>
    public ITestEd25519? Ed25519 { get; set; }

    /// <summary>
    /// Gets or sets the signing algorithm for clients that registered none: RS, PS or ES with 256, 384 or 512 (RFC 7518 §3.1), or
    /// <c>EdDSA</c> or <c>Ed25519</c> after <see cref="Ed25519"/> is set. The default is <c>RS256</c>.
    /// </summary>
    /// <exception cref="ArgumentException">The value is another algorithm.</exception>
    public string SigningAlgorithm
    {
        get;
        set =>
            field = SignatureAlgorithm.Asymmetric(Ed25519).Contains(value)
                ? value
                : throw new ArgumentException(
                    $"SigningAlgorithm must be one of {string.Join(", ", SignatureAlgorithm.Asymmetric(Ed25519))}, not '{value}'."
                        + (SignatureAlgorithm.IsEd25519(value) ? " Set Ed25519 first." : ""),
                    nameof(value)
                );
    } = "RS256";

    /// <summary>
    /// Gets or sets a value indicating whether the server replaces its signing keys before each signature. A client with a cached key set
    /// must then fetch it again (OpenID Connect Core §10.1.1). The default is <see langword="false"/>.
    /// </summary>
    public bool RotateSigningKeyBeforeSigning { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether signed tokens contain the key identifier, <c>kid</c>. The default is <see langword="true"/>.
    /// </summary>
    public bool SendKeyId { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether the keys in the key set have a <c>kid</c>. The default is <see langword="true"/>.
    /// </summary>
    public bool PublishKeyIds { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether the key set contains, before each key, unusable keys with the same <c>kid</c>: one for
    /// another algorithm, one of another key type and one for encryption. The default is <see langword="false"/>.
    /// </summary>
    public bool PublishDecoyKeys { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the key set contains, before its keys, items that no client can use: malformed keys, keys of
    /// foreign types, and values that are no keys. A client ignores them (RFC 7517 §5). The default is <see langword="false"/>.
    /// </summary>
    public bool PublishMalformedKeys { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether metadata members that a sign-in does not use are malformed: relative, without TLS, empty or
    /// of another type. A client ignores each of them until it uses it. The default is <see langword="false"/>.
    /// </summary>
    public bool PublishMalformedMetadata { get; set; }

    /// <summary>
    /// Gets or sets the path at which the metadata is published in place of the well-known addresses (RFC 8414 §3), such as
    /// <c>/metadata</c>. It is relative to <see cref="PathBase"/>. The default is <see langword="null"/>: the well-known addresses.
    /// </summary>
    public string? MetadataPath { get; set; }

    /// <summary>
    /// Gets the authentication context classes that a sign-in satisfies. The first value of <c>acr_values</c> in this set becomes the claim
    /// <c>acr</c> of the ID Token (OpenID Connect Core §3.1.2.1). The set is empty by default.
    /// </summary>
    public ISet<string> AcrValuesSupported { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>
    /// Gets or sets a value indicating whether ID Tokens contain <c>azp</c>, the client identifier (OpenID Connect Core §2). The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool SendAuthorizedParty { get; set; }

    /// <summary>
    /// Gets the supported scopes. A request for any other scope fails with <c>invalid_scope</c>. Add the scopes of your API to the
    /// defaults.
    /// </summary>
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

    /// <summary>
    /// Gets or sets a value indicating whether clients can register themselves (RFC 7591) and manage their registration (RFC 7592). The
    /// default is <see langword="false"/>.
    /// </summary>
    public bool AllowRegistration { get; set; }

    /// <summary>
    /// Gets or sets the initial access token that a registration request must contain (RFC 7591 §3). The default is <see langword="null"/>,
    /// which requires none.
    /// </summary>
    public string? InitialAccessToken { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether each update of a registration replaces the registration access token (RFC 7592 §2.2). The
    /// default is <see langword="false"/>.
    /// </summary>
    public bool RotateRegistrationAccessTokens { get; set; }

    /// <summary>
    /// Gets or sets the lifetime of the secrets of registered clients. After half of the lifetime, reading or updating the registration
    /// replaces the secret. The default is <see langword="null"/>: secrets do not expire.
    /// </summary>
    public TimeSpan? ClientSecretLifetime { get; set; }

    /// <summary>Gets or sets the defect in the server's responses. The default is <see cref="Defect.None"/>.</summary>
    public Defect Defect { get; set; }

    /// <summary>Gets or sets a delegate that changes the metadata before they are sent. The default is <see langword="null"/>.</summary>
    public Action<JsonObject>? OnMetadata { get; set; }

    /// <summary>Gets or sets a delegate that changes the key set before it is sent. The default is <see langword="null"/>.</summary>
    public Action<JsonObject>? OnJwks { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes the parameters of an authorization response before it is sent, for example to repeat or remove
    /// one. The default is <see langword="null"/>.
    /// </summary>
    public Action<IList<KeyValuePair<string, string>>>? OnAuthorizationResponse { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes a successful token response (RFC 6749 §5.1) before it is sent. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnTokenResponse { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes the claims of an ID Token before it is signed. The default is <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnIdTokenClaims { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes the header of an ID Token, such as <c>kid</c>, before it is signed. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnIdTokenHeader { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes the claims of a logout token (OpenID Connect Back-Channel Logout §2.4) before it is signed. The
    /// default is <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnLogoutTokenClaims { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes the claims of a UserInfo response before it is sent or signed. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnUserInfo { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes the response to a registration, read or update request (RFC 7591 §3.2.1, RFC 7592 §3) before it
    /// is sent. The default is <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnRegistration { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes a WebFinger response (RFC 7033 §4.4) before it is sent. The default is <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnWebFinger { get; set; }

    /// <summary>
    /// Gets or sets a delegate that changes an introspection response (RFC 7662 §2.2) before it is sent or signed. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnIntrospection { get; set; }
}
