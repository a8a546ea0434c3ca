namespace OAuthClient;

/// <summary>
/// Specifies how a client authenticates at the token endpoint and the server's other endpoints (RFC 6749 §2.3). A request uses one method.
/// </summary>
public enum ClientAuthenticationMethod
{
    /// <summary>The client does not authenticate. It is a public client and sends its <c>client_id</c> only (<c>none</c>).</summary>
    None,

    /// <summary>
    /// The identifier and the secret are form-encoded in the <c>Authorization</c> header (<c>client_secret_basic</c>, RFC 6749 §2.3.1).
    /// </summary>
    ClientSecretBasic,

    /// <summary>
    /// The identifier and the secret are in the request body (<c>client_secret_post</c>), for servers that do not support
    /// <see cref="ClientSecretBasic"/>.
    /// </summary>
    ClientSecretPost,

    /// <summary>
    /// The identifier is in the request body, and a certificate authenticates the client in the TLS handshake (<c>tls_client_auth</c> or
    /// <c>self_signed_tls_client_auth</c>, RFC 8705 §2). Set the certificate with <c>UseClientCertificate</c>.
    /// </summary>
    TlsClientAuth,

    /// <summary>
    /// An assertion that the client's private key signs authenticates it (<c>private_key_jwt</c>, RFC 7523 §2.2). Set the key in
    /// <see cref="OAuthClientOptions.ClientAssertion"/> or with <c>UseClientSigner</c>, or let the platform provide assertions with
    /// <c>UseClientAssertion</c>.
    /// </summary>
    PrivateKeyJwt,

    /// <summary>
    /// An assertion that the client secret authenticates is sent in place of the secret (<c>client_secret_jwt</c>, OpenID Connect Core §9).
    /// </summary>
    ClientSecretJwt,
}
