namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
    /// <summary>
    /// Gets or sets the address of the metadata of a server that does not publish it at the well-known addresses below
    /// <see cref="Issuer"/> (RFC 8414 §3). The <c>issuer</c> member of the metadata must still equal <see cref="Issuer"/>, which is
    /// required. Endpoints that are set, <see cref="TokenEndpoint"/> included, override those of the metadata. The default is
    /// <see langword="null"/>: the well-known addresses.
    /// </summary>
    public Uri? MetadataAddress { get; set; }

    /// <summary>
    /// Gets or sets the authorization endpoint (RFC 6749 §3.1). Overrides the discovered one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? AuthorizationEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the token endpoint (RFC 6749 §3.2). Without <see cref="MetadataAddress"/> it turns discovery off, for a server without
    /// metadata: every other endpoint that the client uses must then be set too. With <see cref="MetadataAddress"/> it overrides the
    /// discovered one. The default is <see langword="null"/>: the endpoints are discovered from <see cref="Issuer"/>.
    /// </summary>
    public Uri? TokenEndpoint { get; set; }

    /// <summary>
    /// Gets or sets the device authorization endpoint (RFC 8628 §3.1), which <see cref="DeviceAuthorization"/> uses. Overrides the
    /// discovered one. The default is <see langword="null"/>.
    /// </summary>
    public Uri? DeviceAuthorizationEndpoint { get; set; }

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
}
