namespace OAuthClient;

/// <summary>How a client proves who it is at the token endpoint (RFC 6749 §2.3; one method per request).</summary>
public enum ClientAuthenticationMethod
{
    /// <summary>A public client: it sends its <c>client_id</c> and proves nothing.</summary>
    None,

    /// <summary>Id and secret, form-encoded, in the Authorization header (<c>client_secret_basic</c>).</summary>
    ClientSecretBasic,

    /// <summary>Id and secret in the body (<c>client_secret_post</c>), for servers that know nothing better.</summary>
    ClientSecretPost,

    /// <summary>
    /// The id in the body, and a certificate in the TLS handshake (<c>tls_client_auth</c> or <c>self_signed_tls_client_auth</c>, RFC 8705 §2);
    /// give it with <c>UseClientCertificate</c>.
    /// </summary>
    TlsClientAuth,
}
