using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Represents a client that is registered at a <see cref="TestAuthorizationServer"/> (RFC 6749 §2).</summary>
public sealed class TestClient
{
    /// <summary>Gets or sets the client identifier (RFC 6749 §2.2).</summary>
    public required string ClientId { get; init; }

    /// <summary>Gets or sets the client secret; <see langword="null"/> for a public client (RFC 6749 §2.1).</summary>
    public string? ClientSecret { get; init; }

    /// <summary>
    /// Gets or sets the time at which the client secret expires (<c>client_secret_expires_at</c>, RFC 7591 §3.2.1); <see langword="null"/>
    /// if it does not expire.
    /// </summary>
    public DateTimeOffset? ClientSecretExpiresAt { get; init; }

    /// <summary>Gets or sets the name shown on the login and consent pages; <see langword="null"/> to show the client identifier.</summary>
    public string? DisplayName { get; init; }

    /// <summary>
    /// Gets or sets the registered redirect URIs. Each is absolute and has no fragment. They are compared by simple string comparison (RFC
    /// 6749 §3.1.2, RFC 9700 §4.1.3).
    /// </summary>
    public IList<string> RedirectUris { get; init; } = [];

    /// <summary>
    /// Gets or sets a value indicating whether a registered redirect URI on 127.0.0.1 or [::1] matches any port, as native applications
    /// require (RFC 8252 §7.3). The default is <see langword="false"/>.
    /// </summary>
    public bool AllowAnyLoopbackPort { get; init; }

    /// <summary>
    /// Gets or sets the registered post-logout redirect URIs. They are compared by simple string comparison (OpenID Connect RP-Initiated
    /// Logout §3.1).
    /// </summary>
    public IList<string> PostLogoutRedirectUris { get; init; } = [];

    /// <summary>
    /// Gets or sets the URI that receives a logout token when a session ends (OpenID Connect Back-Channel Logout §2.2);
    /// <see langword="null"/> to send none.
    /// </summary>
    public Uri? BackChannelLogoutUri { get; init; }

    /// <summary>
    /// Gets or sets the URI that the signed-out page loads in a frame with <c>iss</c> and <c>sid</c> when a session ends (OpenID Connect
    /// Front-Channel Logout §2); <see langword="null"/> to load none.
    /// </summary>
    public Uri? FrontChannelLogoutUri { get; init; }

    /// <summary>
    /// Gets or sets the URI at which a third party can initiate a login at the client (<c>initiate_login_uri</c>, OpenID Connect Core §4);
    /// <see langword="null"/> if the client has none.
    /// </summary>
    public Uri? InitiateLoginUri { get; init; }

    /// <summary>
    /// Gets or sets the registered client authentication method: <c>client_secret_basic</c>, <c>client_secret_post</c>,
    /// <c>private_key_jwt</c> with <see cref="PublicKeys"/>, <c>client_secret_jwt</c> (RFC 7523 §2.2), or <c>none</c>; with TLS also
    /// <c>tls_client_auth</c> or <c>self_signed_tls_client_auth</c> (RFC 8705 §2). If it is <see langword="null"/>, a client with a secret
    /// can use <c>client_secret_basic</c> or <c>client_secret_post</c>, and a client without a secret uses <c>none</c>.
    /// </summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>
    /// Gets or sets the subject of the client certificate for <c>tls_client_auth</c>, such as <c>CN=photos</c>
    /// (<c>tls_client_auth_subject_dn</c>, RFC 8705 §2.1.2). The certificate must be issued by
    /// <see cref="TestAuthorizationServer.IssueClientCertificate"/>.
    /// </summary>
    public string? CertificateSubject { get; init; }

    /// <summary>
    /// Gets or sets the client certificate for <c>self_signed_tls_client_auth</c> (RFC 8705 §2.2); <see langword="null"/> if
    /// <see cref="PublicKeys"/> contains it as <c>x5c</c>.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether each token request of the client must contain a proof of possession
    /// (<c>dpop_bound_access_tokens</c>, RFC 9449 §5.2). The default is <see langword="false"/>.
    /// </summary>
    public bool RequireDPoP { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether the client must present a certificate in each token request, to which its access tokens are
    /// bound (<c>tls_client_certificate_bound_access_tokens</c>, RFC 8705 §3.4). The default is <see langword="false"/>.
    /// </summary>
    public bool RequireCertificateBoundTokens { get; init; }

    /// <summary>
    /// Gets or sets the scopes that the client can request; <see langword="null"/> to allow every scope in
    /// <see cref="TestAuthorizationServerOptions.ScopesSupported"/>.
    /// </summary>
    public ISet<string>? AllowedScopes { get; init; }

    /// <summary>
    /// Gets or sets the types of authorization details that the client can request (<c>authorization_details_types</c>, RFC 9396 §10);
    /// <see langword="null"/> to allow every type in <see cref="TestAuthorizationServerOptions.AuthorizationDetailsTypes"/>.
    /// </summary>
    public ISet<string>? AllowedAuthorizationDetailsTypes { get; init; }

    /// <summary>
    /// Gets or sets the values of <c>grant_type</c> that the client can use; <see langword="null"/> to allow all. A public client cannot
    /// use <c>client_credentials</c> in any case.
    /// </summary>
    public ISet<string>? AllowedGrantTypes { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether the user is asked for consent. The consent is kept until the browser session ends. The
    /// default is <see langword="true"/>.
    /// </summary>
    public bool RequireConsent { get; init; } = true;

    /// <summary>
    /// Gets or sets the signing algorithm of ID Tokens (<c>id_token_signed_response_alg</c>): RS, PS or ES with 256, 384 or 512,
    /// <c>HS256</c>, which requires a client secret of at least 32 bytes, or <c>EdDSA</c> or <c>Ed25519</c>, which require
    /// <see cref="TestAuthorizationServerOptions.Ed25519"/>. If it is <see langword="null"/>, the server uses
    /// <see cref="TestAuthorizationServerOptions.SigningAlgorithm"/>.
    /// </summary>
    public string? IdTokenSigningAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the key management algorithm of encrypted ID Tokens (<c>id_token_encrypted_response_alg</c>): <c>RSA-OAEP</c>,
    /// <c>RSA-OAEP-256</c>, <c>ECDH-ES</c>, <c>ECDH-ES+A128KW</c>, <c>ECDH-ES+A192KW</c> or <c>ECDH-ES+A256KW</c>. <see cref="PublicKeys"/>
    /// must contain a key for it. If it is <see langword="null"/>, ID Tokens are not encrypted.
    /// </summary>
    public string? IdTokenEncryptionAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the content encryption algorithm of ID Tokens (<c>id_token_encrypted_response_enc</c>): AES-CBC with HMAC, or AES-GCM
    /// (RFC 7518 §5.1). If it is <see langword="null"/>, the server uses <c>A128CBC-HS256</c>.
    /// </summary>
    public string? IdTokenContentEncryptionAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the signing algorithm of UserInfo responses (<c>userinfo_signed_response_alg</c>); <see langword="null"/> for unsigned
    /// JSON (OpenID Connect Core §5.3.2).
    /// </summary>
    public string? UserInfoSigningAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the key management algorithm of UserInfo responses (<c>userinfo_encrypted_response_alg</c>). The values are those of
    /// <see cref="IdTokenEncryptionAlgorithm"/>.
    /// </summary>
    public string? UserInfoEncryptionAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the content encryption algorithm of UserInfo responses (<c>userinfo_encrypted_response_enc</c>). The values are those
    /// of <see cref="IdTokenContentEncryptionAlgorithm"/>.
    /// </summary>
    public string? UserInfoContentEncryptionAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the signing algorithm of authorization responses (<c>authorization_signed_response_alg</c>, JWT Secured Authorization
    /// Response Mode §3). If it is <see langword="null"/>, the server uses <see cref="TestAuthorizationServerOptions.SigningAlgorithm"/>.
    /// </summary>
    public string? AuthorizationResponseSigningAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the signing algorithm of introspection responses when the client requests a JWT
    /// (<c>introspection_signed_response_alg</c>, RFC 9701 §6). The values are those of <see cref="IdTokenSigningAlgorithm"/>.
    /// </summary>
    public string? IntrospectionSigningAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the key management algorithm of introspection responses in JWT form (<c>introspection_encrypted_response_alg</c>). The
    /// values are those of <see cref="IdTokenEncryptionAlgorithm"/>.
    /// </summary>
    public string? IntrospectionEncryptionAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the content encryption algorithm of introspection responses in JWT form (<c>introspection_encrypted_response_enc</c>).
    /// The values are those of <see cref="IdTokenContentEncryptionAlgorithm"/>.
    /// </summary>
    public string? IntrospectionContentEncryptionAlgorithm { get; init; }

    /// <summary>
    /// Gets or sets the JSON Web Key Set of the client (<c>jwks</c>, RFC 7591 §2). The server encrypts to its public keys, and verifies
    /// assertions with them.
    /// </summary>
    public JsonObject? PublicKeys { get; init; }

    internal bool UsesCertificate => AuthenticationMethod is "tls_client_auth" or "self_signed_tls_client_auth";

    internal bool UsesAssertion => AuthenticationMethod is "private_key_jwt" or "client_secret_jwt";

    internal bool IsPublic => ClientSecret is null && !UsesCertificate && AuthenticationMethod is not "private_key_jwt";

    internal bool ReturnsUserInfoAsJwt => UserInfoSigningAlgorithm is not null || UserInfoEncryptionAlgorithm is not null;

    internal bool VerifiesWithItsKeys(ReceivedJwt jwt, ITestEd25519? ed25519) =>
        (PublicKeys?["keys"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Where(key => jwt.Header["kid"] is not { } id || (string?)key["kid"] == (string?)id)
            .Any(key => jwt.IsSignedBy(key, ed25519));

    internal bool MayUse(string grantType) => AllowedGrantTypes?.Contains(grantType) ?? true;

    internal bool MayRedirectTo(string redirectUri) =>
        RedirectUris.Contains(redirectUri)
        || (
            AllowAnyLoopbackPort
            && WithoutLoopbackPort(redirectUri) is { } withoutPort
            && RedirectUris.Any(registered => WithoutLoopbackPort(registered) == withoutPort)
        );

    private static string? WithoutLoopbackPort(string redirectUri) =>
        Uri.TryCreate(redirectUri, UriKind.Absolute, out Uri? uri)
        && uri.Scheme == Uri.UriSchemeHttp
        && uri.Host is "127.0.0.1" or "[::1]"
        && uri.UserInfo is ""
            ? uri.Host + uri.PathAndQuery + uri.Fragment
            : null;
}
