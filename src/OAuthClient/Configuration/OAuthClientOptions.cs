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
public sealed partial class OAuthClientOptions
{
    // These are fields, because the configuration binder binds properties.
    /// <summary>The delegate of <c>UseClientCertificate</c>, called for each connection so that a certificate can be renewed.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal Func<X509Certificate2>? ClientCertificate;

    /// <summary>The delegate of <c>UseClientSigner</c>, called for each assertion so that a key can be replaced.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal Func<ISigner>? ClientSigner;

    /// <summary>Returns the key that tokens are bound to, which the application holds.</summary>
    internal Func<ISigner>? DPoPSigner;

    /// <summary>The delegate of <c>UseClientAssertion</c>.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal Func<CancellationToken, ValueTask<string>>? ClientAssertionProvider;

    /// <summary>The delegate of <c>UseClientSecret</c>, called for each attempt of a request.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal Func<CancellationToken, ValueTask<ClientSecret>>? ClientSecretProvider;

    /// <summary>The registered implementation of Ed25519; <see langword="null"/> without one.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal IEd25519? Ed25519;

    /// <summary>The options of <c>RegisterDynamically</c>; <see langword="null"/> for a client with a configured identifier.</summary>
    internal DynamicRegistrationOptions? DynamicRegistration;

    /// <summary>
    /// Gets or sets the server's issuer identifier (RFC 8414 §2). Write it exactly as the <c>issuer</c> member of the server's metadata
    /// has it: it is compared character by character, a trailing slash included. The endpoints and keys are discovered from it unless
    /// <see cref="TokenEndpoint"/> is set without <see cref="MetadataAddress"/>. Either this or <see cref="TokenEndpoint"/> is required.
    /// The default is <see langword="null"/>.
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
    /// uses its certificate (<c>UseClientCertificate</c>) or its key (<see cref="ClientAssertion"/>) if it has one, and otherwise does not
    /// authenticate.
    /// </summary>
    public ClientAuthenticationMethod? ClientAuthentication { get; set; }

    /// <summary>
    /// Gets or sets the assertions by which the client authenticates with <see cref="ClientAuthenticationMethod.PrivateKeyJwt"/> or
    /// <see cref="ClientAuthenticationMethod.ClientSecretJwt"/>. The default has no key.
    /// </summary>
    public ClientAssertionOptions ClientAssertion { get; set; } = new();

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
    /// Gets or sets how the server deviates from the specifications. The default describes a server that conforms to them.
    /// </summary>
    public ServerAdaptationOptions Adaptation { get; set; } = new();
}
