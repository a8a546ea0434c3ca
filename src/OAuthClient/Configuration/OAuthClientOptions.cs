using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>One client at one authorization server. Validated at start; changes of the configuration take effect without a restart.</summary>
[DebuggerDisplay("{ClientId} at {Issuer}")]
[JsonConverter(typeof(NonSerializableJsonConverter<OAuthClientOptions>))]
public sealed class OAuthClientOptions
{
    // Fields: a property would be bound from configuration, which can hold neither.
    /// <summary>What <c>UseClientCertificate</c> gave: asked for each connection, so that a certificate can be renewed.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal Func<X509Certificate2>? ClientCertificate;

    /// <summary>What <c>RegisterDynamically</c> said; <see langword="null"/> for a client that the server knows already.</summary>
    internal DynamicRegistrationOptions? DynamicRegistration;

    /// <summary>
    /// The server's issuer identifier, exactly as the server writes it, character by character (RFC 8414 §2): a slash at
    /// the end counts. The endpoints and keys are found from it, unless <see cref="TokenEndpoint"/> is spelled out.
    /// </summary>
    public Uri? Issuer { get; set; }

    /// <summary>
    /// For a server with many tenants that share one <see cref="Issuer"/>: the issuer its metadata name, with <c>{tenantid}</c> in the tenant's place,
    /// such as <c>https://login.example.com/{tenantid}/v2.0</c>. An ID Token's <c>iss</c> must then be that with the token's own <c>tid</c> put in.
    /// Users of all tenants can sign in unless <see cref="AllowedTenants"/> says whose.
    /// </summary>
    public string? IssuerTemplate { get; set; }

    /// <summary>With <see cref="IssuerTemplate"/>: whose users may sign in, as <c>tid</c> names them, character by character. Empty: those of every tenant.</summary>
    public IList<string> AllowedTenants { get; set; } = [];

    /// <summary>Where the browser is sent (RFC 6749 §3.1). Spelled out, it wins over the discovered one.</summary>
    public Uri? AuthorizationEndpoint { get; set; }

    /// <summary>Where tokens come from (RFC 6749 §3.2). Spelled out, nothing is discovered at all.</summary>
    public Uri? TokenEndpoint { get; set; }

    /// <summary>Where tokens are given back (RFC 7009). Spelled out, it wins over the discovered one.</summary>
    public Uri? RevocationEndpoint { get; set; }

    /// <summary>Where the server says what a token is worth (RFC 7662). Spelled out, it wins over the discovered one.</summary>
    public Uri? IntrospectionEndpoint { get; set; }

    /// <summary>Where clients register themselves (RFC 7591 §3). Spelled out, it wins over the discovered one.</summary>
    public Uri? RegistrationEndpoint { get; set; }

    /// <summary>Where the server says who the user is (OpenID Connect Core §5.3). Spelled out, it wins over the discovered one.</summary>
    public Uri? UserInfoEndpoint { get; set; }

    /// <summary>Where the server's signing keys are (RFC 7517 §5). Spelled out, it wins over the discovered one.</summary>
    public Uri? JwksUri { get; set; }

    /// <summary>Where the user signs out at the server (OpenID Connect RP-Initiated Logout §2). Spelled out, it wins over the discovered one.</summary>
    public Uri? EndSessionEndpoint { get; set; }

    /// <summary>The client identifier the server gave (RFC 6749 §2.2). Left empty with <c>RegisterDynamically</c>.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// The client's password at the server, or <see langword="null"/> for a public client. A plain string because
    /// configuration binds strings; it is never printed.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ClientSecret { get; set; }

    /// <summary>
    /// How the client proves who it is. Unset: with a secret, Basic, or the body where the server's metadata offers only that;
    /// without a secret, by its certificate if it has one (<c>UseClientCertificate</c>), and else not at all (RFC 6749 §2.3).
    /// </summary>
    public ClientAuthenticationMethod? ClientAuthentication { get; set; }

    /// <summary>
    /// Where the server sends the browser back: absolute, without fragment, registered there in exactly these characters
    /// (RFC 6749 §3.1.2), and different for every server when a server's <see cref="Issuer"/> is not known (RFC 9700 §4.4).
    /// Not needed by a client that only uses client credentials.
    /// </summary>
    public Uri? RedirectUri { get; set; }

    /// <summary>
    /// Where the server sends the browser after it has signed the user out: absolute, registered there in exactly these characters
    /// (OpenID Connect RP-Initiated Logout §3.1). Without it the user stays at the server's own page.
    /// </summary>
    public Uri? PostLogoutRedirectUri { get; set; }

    /// <summary>What is asked for (RFC 6749 §3.3). With <c>openid</c> the server also says who the user is.</summary>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>For which protected resources: absolute, without fragment (RFC 8707 §2).</summary>
    public IList<Uri> Resources { get; set; } = [];

    /// <summary><c>query</c> (what servers do when it is not set) or <c>form_post</c>: how the callback arrives.</summary>
    public string? ResponseMode { get; set; }

    /// <summary>
    /// Which signatures an ID Token, or another JWT of the server, may carry (OpenID Connect Core §3.1.3.7): <c>RS256</c> unless the client is
    /// registered otherwise. With <c>HS256</c>, which must be named here, the client secret is the key, and has at least 32 bytes.
    /// </summary>
    public IList<string> IdTokenSigningAlgorithms { get; set; } = [];

    /// <summary>
    /// The private keys that open what the server encrypts for this client (RFC 7516): RSA or EC, as PEM without a passphrase or as a private
    /// JWK with its <c>kid</c>. Several while they are rotated. What comes unencrypted is taken all the same: it is the signature that counts.
    /// Plain strings because configuration binds strings; they are never printed.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public IList<string> DecryptionKeys { get; set; } = [];

    /// <summary>
    /// Whether introspection answers are to be JWTs (RFC 9701), signed as <see cref="IdTokenSigningAlgorithms"/> says, and no others are
    /// believed. Off unless set.
    /// </summary>
    public bool SignedIntrospectionResponses { get; set; }

    /// <summary>How long an authorization may stay begun: 10 minutes unless set, and never more than an hour.</summary>
    public TimeSpan PendingAuthorizationLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets for how long a user who signed in by this server stays signed in at most. The default is 14 days. An application's own
    /// session that depends on the sign-in ends with it. The grant ends then too: its tokens are neither sent nor refreshed, unless
    /// <c>offline_access</c> was granted (OpenID Connect Core §11); then only the session ends.
    /// </summary>
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// Gets or sets whether the tokens of a superseded grant are revoked at the server (RFC 7009). A grant is superseded when a newer
    /// authorization of the same user replaces it, or when the user has more than twenty sign-ins. The library always removes such a grant.
    /// The default is <see langword="false"/>, because many servers end all grants of the same user and client when one of them is revoked
    /// (RFC 7009 §2.1). Set it only for a server that revokes each grant on its own. The revocation runs in the background. A failure is
    /// logged and does not affect the new grant.
    /// </summary>
    public bool RevokeSupersededGrants { get; set; }

    /// <summary>
    /// For how long an access token is taken to be good when the server did not say and it can be had anew: 1 hour unless set.
    /// One that cannot be had anew is used until the API refuses it.
    /// </summary>
    public TimeSpan DefaultAccessTokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The one deadline of a request to the server, its body, all attempts and the pauses between them: 30 seconds unless set. Presenting a grant's refresh token may take two thirds of <see cref="RefreshLease"/> if that is less.</summary>
    public TimeSpan BackChannelDeadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one attempt may take of a request that may be sent again; less than <see cref="BackChannelDeadline"/>, and a third of it
    /// (10 seconds) unless set. What is spent by being sent, a code or a refresh token, has the whole deadline: giving it up early
    /// could only lose it.
    /// </summary>
    public TimeSpan? BackChannelAttemptTimeout { get; set; }

    /// <summary>
    /// For how long the server goes on taking a refresh token that it has rotated (its grace period, reuse interval or leeway), or
    /// <see langword="null"/> when it does not, or this is not known. Stated, a refresh is held to shorter times, so that
    /// when a node dies in the middle of one another node comes in time.
    /// </summary>
    public TimeSpan? RefreshTokenGracePeriod { get; set; }

    /// <summary>
    /// For how long one node alone may spend a grant's refresh token: longer than <see cref="BackChannelDeadline"/>, shorter
    /// than <see cref="RefreshTokenGracePeriod"/>, and at most ten minutes. Unset: one and a half times the former (45 seconds), or
    /// three quarters of the latter if that is less. Others wait for no longer than this when a node stops without a word.
    /// </summary>
    public TimeSpan? RefreshLease { get; set; }

    /// <summary>
    /// Refuses to connect to private, link-local and other special addresses (RFC 6890), for servers whose addresses come from outside, such as by
    /// WebFinger or from tenants' settings: what they name must not be a machine of yours. Looked at after the name was resolved, and what was
    /// looked at is what is connected to. Goes without a proxy, also one that the environment names, because only a proxy sees where it connects to;
    /// a proxy, connect callback or primary handler of your own is refused with a sentence.
    /// </summary>
    public bool RefusePrivateAddresses { get; set; }

    /// <summary>Allows plain http to a server on this very machine, for development. Off unless set; a warning says so once.</summary>
    public bool DangerouslyAllowHttpOnLoopback { get; set; }
}
