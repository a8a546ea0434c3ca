namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
    /// <summary>
    /// Gets or sets when the parameters of an authorization request are pushed to the server, so that the browser's address contains only a
    /// reference to them (PAR, RFC 9126). The default is <see cref="PushedAuthorizationUse.WhenRequired"/>.
    /// </summary>
    public PushedAuthorizationUse PushedAuthorization { get; set; }

    /// <summary>
    /// Gets or sets the pushed authorization request endpoint (RFC 9126 §2). Overrides the discovered one. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Uri? PushedAuthorizationRequestEndpoint { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the parameters of an authorization request are sent as a JWT that the key of
    /// <see cref="ClientAssertion"/> or <c>UseClientSigner</c> signs (JAR, RFC 9101). The default is <see langword="false"/>.
    /// </summary>
    public bool SignedAuthorizationRequests { get; set; }

    /// <summary>
    /// Gets or sets how tokens are bound to a key (DPoP, RFC 9449). By default they are not: they are bearer tokens.
    /// </summary>
    public DPoPOptions DPoP { get; set; } = new();
}
