using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Describes one client at one authorization server. The options are validated when the host starts. Changes of the configuration take
/// effect without a restart.
/// </summary>
/// <remarks>
/// Most clients set <see cref="Issuer"/>, <see cref="ClientId"/>, <see cref="ClientSecret"/>, <see cref="RedirectUri"/> and
/// <see cref="Scopes"/> only.
/// </remarks>
[DebuggerDisplay("{ClientId} at {Issuer}")]
[JsonConverter(typeof(NonSerializableJsonConverter<OAuthClientOptions>))]
public sealed class OAuthClientOptions
{
    // These two are fields, because the configuration binder binds properties.
    /// <summary>The delegate of <c>UseClientCertificate</c>, called for each connection so that a certificate can be renewed.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal Func<X509Certificate2>? ClientCertificate;

    /// <summary>The options of <c>RegisterDynamically</c>; <see langword="null"/> for a client with a configured identifier.</summary>
    internal DynamicRegistrationOptions? DynamicRegistration;

    /// <summary>
    /// Gets or sets the server's issuer identifier (RFC 8414 §2). Write it exactly as the <c>issuer</c> member of the server's metadata
    /// has it: it is compared character by character, a trailing slash included. The endpoints and keys are discovered from it unless
    /// <see cref="TokenEndpoint"/> is set. Either this or <see cref="TokenEndpoint"/> is required. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Uri? Issuer { get; set; }

    /// <summary>
    /// Gets or sets the issuer of a server with many tenants that share one <see cref="Issuer"/>, with <c>{tenantid}</c> in place of the
    /// tenant, such as <c>https://login.example.com/{tenantid}/v2.0</c>. The <c>iss</c> claim of an ID Token must then equal the template
    /// with the token's own <c>tid</c> claim inserted. Users of all tenants can sign in unless <see cref="AllowedTenants"/> limits them.
    /// The default is <see langword="null"/>: the server has one issuer.
    /// </summary>
    public string? IssuerTemplate { get; set; }

    /// <summary>
    /// Gets or sets the tenants whose users may sign in, as the <c>tid</c> claim names them; the comparison is ordinal. Requires
    /// <see cref="IssuerTemplate"/>. The default is an empty list: users of every tenant may sign in.
    /// </summary>
    public IList<string> AllowedTenants { get; set; } = [];

    /// <summary>
    /// Gets or sets the authorization endpoint (RFC 6749 §3.1). Overrides the discovered one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? AuthorizationEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the token endpoint (RFC 6749 §3.2). Set it only for a server without metadata: it turns discovery off, so every other
    /// endpoint that the client uses must be set too. The default is <see langword="null"/>: the endpoints are discovered from
    /// <see cref="Issuer"/>.
    /// </summary>
    public Uri? TokenEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the revocation endpoint (RFC 7009). Overrides the discovered one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? RevocationEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the introspection endpoint (RFC 7662). Overrides the discovered one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? IntrospectionEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the client registration endpoint (RFC 7591 §3). Overrides the discovered one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? RegistrationEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the UserInfo endpoint (OpenID Connect Core §5.3). Overrides the discovered one. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Uri? UserInfoEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the address of the server's signing keys (a JWK Set, RFC 7517 §5). Overrides the discovered one. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Uri? JwksUri { get; set; }

    /// <summary>
    /// Gets or sets the endpoint that signs the user out at the server (OpenID Connect RP-Initiated Logout §2). Overrides the discovered
    /// one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? EndSessionEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the client identifier that the server issued (RFC 6749 §2.2). Required, except with <c>RegisterDynamically</c>, where
    /// it must be empty. The default is an empty string.
    /// </summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// Gets or sets the client secret (RFC 6749 §2.3.1); <see langword="null"/> for a public client. It is a string because the
    /// configuration binder binds strings; it is never written to a log or a message. The default is <see langword="null"/>.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ClientSecret { get; set; }

    /// <summary>
    /// Gets or sets how the client authenticates at the server's endpoints (RFC 6749 §2.3). The default is <see langword="null"/>: a
    /// client with a secret uses <see cref="ClientAuthenticationMethod.ClientSecretBasic"/>, or
    /// <see cref="ClientAuthenticationMethod.ClientSecretPost"/> where the server's metadata offers only that. A client without a secret
    /// uses its certificate if it has one (<c>UseClientCertificate</c>), and otherwise does not authenticate.
    /// </summary>
    public ClientAuthenticationMethod? ClientAuthentication { get; set; }

    /// <summary>
    /// Gets or sets the redirect URI, to which the server sends the browser with the response (RFC 6749 §3.1.2). It is absolute, has no
    /// fragment, and is registered at the server in exactly these characters. It uses <c>https</c>, <c>http</c> on a loopback address, or
    /// a private scheme (RFC 8252 §7). Where the <see cref="Issuer"/> of a server is not known, each server needs a redirect URI with a
    /// path of its own (RFC 9700 §4.4). The default is <see langword="null"/>, for a client that uses client credentials only.
    /// </summary>
    public Uri? RedirectUri { get; set; }

    /// <summary>
    /// Gets or sets the address to which the server sends the browser after it has signed the user out (OpenID Connect RP-Initiated
    /// Logout §3.1). It is absolute and registered at the server in exactly these characters. The default is <see langword="null"/>: the
    /// user stays on the server's page.
    /// </summary>
    public Uri? PostLogoutRedirectUri { get; set; }

    /// <summary>
    /// Gets or sets the scopes to request, one in each item (RFC 6749 §3.3). Add <c>openid</c> to receive an ID Token, and
    /// <c>offline_access</c> to receive a refresh token where the server requires it. The default is an empty list: the server chooses
    /// the scopes.
    /// </summary>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>
    /// Gets or sets the protected resources to request tokens for: absolute URIs without a fragment (RFC 8707 §2). The default is an
    /// empty list: the parameter is not sent.
    /// </summary>
    public IList<Uri> Resources { get; set; } = [];

    /// <summary>
    /// Gets or sets how the server returns the authorization response: <c>query</c>, or <c>form_post</c> (OAuth 2.0 Form Post Response
    /// Mode). With <c>form_post</c> the code does not appear in an address. The default is <see langword="null"/>: the parameter is not
    /// sent, and servers use <c>query</c>.
    /// </summary>
    public string? ResponseMode { get; set; }

    /// <summary>
    /// Gets or sets the algorithms that may sign ID Tokens and the server's other JWTs (OpenID Connect Core §3.1.3.7). Set it to the
    /// algorithm that the client is registered with. With <c>HS256</c> the client secret is the key and must have at least 32 bytes. The
    /// default is an empty list, which means <c>RS256</c>.
    /// </summary>
    public IList<string> IdTokenSigningAlgorithms { get; set; } = [];

    /// <summary>
    /// Gets or sets the private keys that decrypt what the server encrypts for this client (RFC 7516): RSA or EC keys, each as PEM
    /// without a passphrase or as a private JWK with its <c>kid</c>. List several keys during a rotation. Unencrypted tokens are accepted
    /// too, because the signature is validated in any case. The keys are strings because the configuration binder binds strings; they are
    /// never written to a log or a message. The default is an empty list.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public IList<string> DecryptionKeys { get; set; } = [];

    /// <summary>
    /// Gets or sets a value indicating whether introspection responses are requested as JWTs (RFC 9701). They must then be signed by one
    /// of <see cref="IdTokenSigningAlgorithms"/>, and unsigned responses are rejected. The default is <see langword="false"/>.
    /// </summary>
    public bool SignedIntrospectionResponses { get; set; }

    /// <summary>
    /// Gets or sets the time within which the user must complete an authorization. A later callback is rejected. The maximum is one hour.
    /// The default is 10 minutes.
    /// </summary>
    public TimeSpan PendingAuthorizationLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the maximum time for which a user who signed in by this server stays signed in. An application's own session that
    /// depends on the sign-in ends with it. The grant ends then too: its tokens are neither sent nor refreshed, unless
    /// <c>offline_access</c> was granted (OpenID Connect Core §11); then only the session ends. The maximum is 365 days. The default is
    /// 14 days.
    /// </summary>
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// Gets or sets a value indicating whether the tokens of a superseded grant are revoked at the server (RFC 7009). A grant is
    /// superseded when a newer authorization of the same user replaces it, or when the user has more than twenty sign-ins. The library
    /// always removes such a grant. The default is <see langword="false"/>, because many servers end all grants of the same user and
    /// client when one of them is revoked (RFC 7009 §2.1). Set it only for a server that revokes each grant on its own. The revocation
    /// runs in the background. A failure is logged and does not affect the new grant.
    /// </summary>
    public bool RevokeSupersededGrants { get; set; }

    /// <summary>
    /// Gets or sets the lifetime of an access token for which the server states none (<c>expires_in</c>, RFC 6749 §5.1). It applies to
    /// tokens that the client can renew; another token is used until the API rejects it. Set it when the server's documentation states
    /// another lifetime. The maximum is 365 days. The default is 1 hour.
    /// </summary>
    public TimeSpan DefaultAccessTokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets or sets the deadline of a request to the server. It covers the response body, all attempts and the pauses between them. The
    /// refresh of a grant takes at most two thirds of <see cref="RefreshLease"/> if that is less. The maximum is 5 minutes. The default
    /// is 30 seconds.
    /// </summary>
    public TimeSpan BackChannelDeadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets the timeout of one attempt of a request that may be sent again. It must be less than
    /// <see cref="BackChannelDeadline"/>. A request that spends a code or a refresh token may take the whole deadline, because giving it
    /// up early would lose the code or token. The default is <see langword="null"/>: a third of the deadline, which is 10 seconds with
    /// the default deadline.
    /// </summary>
    public TimeSpan? BackChannelAttemptTimeout { get; set; }

    /// <summary>
    /// Gets or sets the time for which the server still accepts a refresh token that it has rotated; servers call it grace period, reuse
    /// interval or leeway. Set it when the server's documentation states it. A refresh is then limited to shorter times, so that another
    /// node can repeat it within this period if a node stops during a refresh. The default is <see langword="null"/>: the server has no
    /// such period, or it is not known.
    /// </summary>
    public TimeSpan? RefreshTokenGracePeriod { get; set; }

    /// <summary>
    /// Gets or sets the time for which one node holds the lease to refresh a grant. If the node stops without releasing the lease, other
    /// nodes wait for this long at most. It must be longer than <see cref="BackChannelDeadline"/>, shorter than
    /// <see cref="RefreshTokenGracePeriod"/>, and at most 10 minutes. The default is <see langword="null"/>: one and a half times
    /// <see cref="BackChannelDeadline"/> (45 seconds with the default deadline), or three quarters of
    /// <see cref="RefreshTokenGracePeriod"/> if that is less.
    /// </summary>
    public TimeSpan? RefreshLease { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the back channel refuses to connect to private, link-local and other special-purpose
    /// addresses (RFC 6890). Set it when the server's address comes from outside, such as from WebFinger or a tenant's settings, so that
    /// it cannot name a machine of the internal network. The address is checked after name resolution, and the connection is made to the
    /// checked address. Connections bypass any proxy, because only the proxy would know the address; a proxy, connect callback or primary
    /// handler of the application's own causes an exception. The default is <see langword="false"/>.
    /// </summary>
    public bool RefusePrivateAddresses { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether plain <c>http</c> is allowed to a server on a loopback address of this machine, for
    /// development. A warning is logged once when it is set. The default is <see langword="false"/>.
    /// </summary>
    public bool DangerouslyAllowHttpOnLoopback { get; set; }

    /// <summary>How the server deviates from the specifications. A field, because the configuration binder binds each property.</summary>
    internal ServerAdaptation Adaptation = ServerAdaptation.None;
}
