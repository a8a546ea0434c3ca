namespace OAuthClient.Testing;

/// <content>The binding of tokens to a key (RFC 9449) or to a certificate (RFC 8705).</content>
public sealed partial class TestAuthorizationServerOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether token requests must contain a proof of possession, so that tokens are bound to a key (DPoP,
    /// RFC 9449 §5). Otherwise, a client can send one. The default is <see langword="false"/>.
    /// </summary>
    public bool RequireDPoP { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether proofs at the server's endpoints must contain the server's nonce (RFC 9449 §8). The default
    /// is <see langword="false"/>.
    /// </summary>
    public bool RequireDPoPNonces { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether each response of the pushed authorization request endpoint and of the token endpoint, and
    /// each response of the UserInfo endpoint to a request with a proof, contains a new nonce, and the server refuses every older one (RFC
    /// 9449 §8.2). It implies <see cref="RequireDPoPNonces"/>. The default is <see langword="false"/>.
    /// </summary>
    public bool RotateDPoPNonces { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the server ignores proofs and <c>dpop_jkt</c>, and issues tokens of the type <c>Bearer</c>
    /// that are bound to no key, although its metadata contain <c>dpop_signing_alg_values_supported</c>. It precedes
    /// <see cref="RequireDPoP"/>. The default is <see langword="false"/>.
    /// </summary>
    public bool IgnoreDPoPProofs { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether tokens are bound to the certificate that the client presents at an address in
    /// <c>mtls_endpoint_aliases</c> (RFC 8705 §3). It requires <see cref="UseTls"/>. A token request with a proof binds the tokens to its
    /// key instead. The default is <see langword="false"/>.
    /// </summary>
    public bool BindTokensToCertificates { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a token request must contain a proof, or present a certificate and
    /// <see cref="BindTokensToCertificates"/> is set. The default is <see langword="false"/>.
    /// </summary>
    public bool RequireSenderConstrainedTokens { get; set; }
}
