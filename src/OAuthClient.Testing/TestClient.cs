using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>A client registered at a <see cref="TestAuthorizationServer"/> (RFC 6749 §2).</summary>
public sealed class TestClient
{
    /// <summary>The client identifier (RFC 6749 §2.2).</summary>
    public required string ClientId { get; init; }

    /// <summary>The client secret; <see langword="null"/> makes the client public (RFC 6749 §2.1).</summary>
    public string? ClientSecret { get; init; }

    /// <summary>When the secret stops being good (<c>client_secret_expires_at</c>, RFC 7591 §3.2.1); <see langword="null"/> for never.</summary>
    public DateTimeOffset? ClientSecretExpiresAt { get; init; }

    /// <summary>What the consent page calls the client; its identifier when <see langword="null"/>.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The redirect URIs it may use: absolute, without fragment, compared character by character (RFC 6749 §3.1.2, RFC 9700 §4.1.3).</summary>
    public IList<string> RedirectUris { get; init; } = [];

    /// <summary>Lets a registered redirect URI on 127.0.0.1 or [::1] be used with any port, as native apps need (RFC 8252 §7.3). Off by default.</summary>
    public bool AllowAnyLoopbackPort { get; init; }

    /// <summary>Where the browser may be sent after a logout: absolute, compared character by character (OpenID Connect RP-Initiated Logout §3.1).</summary>
    public IList<string> PostLogoutRedirectUris { get; init; } = [];

    /// <summary>Where it takes logout tokens when a session ends (OpenID Connect Back-Channel Logout §2.2); <see langword="null"/> for nowhere.</summary>
    public Uri? BackChannelLogoutUri { get; init; }

    /// <summary>What the server's page loads in a frame when a session ends, with <c>iss</c> and <c>sid</c> (OpenID Connect Front-Channel Logout §2); <see langword="null"/> for nothing.</summary>
    public Uri? FrontChannelLogoutUri { get; init; }

    /// <summary>Where a login that somebody else starts begins at the client (<c>initiate_login_uri</c>, OpenID Connect Core §4); <see langword="null"/> for nowhere.</summary>
    public Uri? InitiateLoginUri { get; init; }

    /// <summary>
    /// The one authentication method it registered: <c>client_secret_basic</c>, <c>client_secret_post</c>, <c>none</c>, or at a server with TLS
    /// <c>tls_client_auth</c> or <c>self_signed_tls_client_auth</c> (RFC 8705 §2). <see langword="null"/>: either of the first two for a client with a
    /// secret, <c>none</c> for one without.
    /// </summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>
    /// For <c>tls_client_auth</c>: the subject of its certificate, such as <c>CN=photos</c> (<c>tls_client_auth_subject_dn</c>, RFC 8705 §2.1.2). The
    /// certificate must be one that <see cref="TestAuthorizationServer.IssueClientCertificate"/> gave.
    /// </summary>
    public string? CertificateSubject { get; init; }

    /// <summary>For <c>self_signed_tls_client_auth</c>: the certificate itself (RFC 8705 §2.2), or <see langword="null"/> when <see cref="PublicKeys"/> have it as <c>x5c</c>.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The scopes it may ask for; <see langword="null"/> for all of <see cref="TestAuthorizationServerOptions.ScopesSupported"/>.</summary>
    public ISet<string>? AllowedScopes { get; init; }

    /// <summary>The grant types it may use, as sent in <c>grant_type</c>; <see langword="null"/> for all (a public client never gets <c>client_credentials</c>).</summary>
    public ISet<string>? AllowedGrantTypes { get; init; }

    /// <summary>Whether the user is asked for consent; a consent is remembered for as long as the browser stays signed in. On by default.</summary>
    public bool RequireConsent { get; init; } = true;

    /// <summary>
    /// What its ID Tokens are signed with (<c>id_token_signed_response_alg</c>): RS, PS or ES with 256, 384 or 512, or <c>HS256</c> with the client's
    /// secret, of 32 bytes or more. <see langword="null"/> for the server's <see cref="TestAuthorizationServerOptions.SigningAlgorithm"/>.
    /// </summary>
    public string? IdTokenSigningAlgorithm { get; init; }

    /// <summary>
    /// How the content key of its ID Tokens is encrypted to one of <see cref="PublicKeys"/> (<c>id_token_encrypted_response_alg</c>): <c>RSA-OAEP</c>,
    /// <c>RSA-OAEP-256</c>, <c>ECDH-ES</c>, or that with <c>+A128KW</c>, <c>+A192KW</c>, <c>+A256KW</c>. <see langword="null"/>: ID Tokens are only signed.
    /// </summary>
    public string? IdTokenEncryptionAlgorithm { get; init; }

    /// <summary>How their content is encrypted (<c>id_token_encrypted_response_enc</c>): AES in CBC mode with HMAC, or GCM (RFC 7518 §5.1). <c>A128CBC-HS256</c> when <see langword="null"/>.</summary>
    public string? IdTokenContentEncryptionAlgorithm { get; init; }

    /// <summary>What UserInfo responses are signed with (<c>userinfo_signed_response_alg</c>); JSON without signature when <see langword="null"/> (OpenID Connect Core §5.3.2).</summary>
    public string? UserInfoSigningAlgorithm { get; init; }

    /// <summary>How the content key of UserInfo responses is encrypted (<c>userinfo_encrypted_response_alg</c>), as <see cref="IdTokenEncryptionAlgorithm"/>.</summary>
    public string? UserInfoEncryptionAlgorithm { get; init; }

    /// <summary>How their content is encrypted (<c>userinfo_encrypted_response_enc</c>), as <see cref="IdTokenContentEncryptionAlgorithm"/>.</summary>
    public string? UserInfoContentEncryptionAlgorithm { get; init; }

    /// <summary>
    /// What introspection responses are signed with when it asks for JWTs (<c>introspection_signed_response_alg</c>, RFC 9701 §6), as
    /// <see cref="IdTokenSigningAlgorithm"/>.
    /// </summary>
    public string? IntrospectionSigningAlgorithm { get; init; }

    /// <summary>How the content key of those JWTs is encrypted (<c>introspection_encrypted_response_alg</c>), as <see cref="IdTokenEncryptionAlgorithm"/>.</summary>
    public string? IntrospectionEncryptionAlgorithm { get; init; }

    /// <summary>How their content is encrypted (<c>introspection_encrypted_response_enc</c>), as <see cref="IdTokenContentEncryptionAlgorithm"/>.</summary>
    public string? IntrospectionContentEncryptionAlgorithm { get; init; }

    /// <summary>The client's JSON Web Key Set (<c>jwks</c>, RFC 7591 §2): public keys to encrypt to.</summary>
    public JsonObject? PublicKeys { get; init; }

    internal bool UsesCertificate => AuthenticationMethod is "tls_client_auth" or "self_signed_tls_client_auth";

    internal bool IsPublic => ClientSecret is null && !UsesCertificate;

    internal bool WantsUserInfoAsJwt => UserInfoSigningAlgorithm is not null || UserInfoEncryptionAlgorithm is not null;

    internal bool MayUse(string grantType) => AllowedGrantTypes?.Contains(grantType) ?? true;

    internal bool MayRedirectTo(string redirectUri) =>
        RedirectUris.Contains(redirectUri)
        || (
            AllowAnyLoopbackPort
            && WithoutLoopbackPort(redirectUri) is { } portless
            && RedirectUris.Any(known => WithoutLoopbackPort(known) == portless)
        );

    private static string? WithoutLoopbackPort(string redirectUri) =>
        Uri.TryCreate(redirectUri, UriKind.Absolute, out Uri? uri)
        && uri.Scheme == Uri.UriSchemeHttp
        && uri.Host is "127.0.0.1" or "[::1]"
        && uri.UserInfo is ""
            ? uri.Host + uri.PathAndQuery + uri.Fragment
            : null;
}
