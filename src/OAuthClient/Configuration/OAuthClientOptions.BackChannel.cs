namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
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

    /// <summary>
    /// Gets or sets the origins of the server, such as <c>http://keycloak:8080</c>, to which plain <c>http</c> is allowed. Everyone on the
    /// path of these requests can read and change the client secret, codes and tokens, so list only origins inside a network that is
    /// trusted as a whole, such as the network of one cluster, and no address that users' browsers open. The list applies to the issuer,
    /// to the metadata and to each endpoint and key set that they name. A warning is logged once when it is not empty. The default is an
    /// empty list.
    /// </summary>
    public IList<Uri> DangerouslyAllowHttpInTrustedNetwork { get; set; } = [];

    internal CleartextPolicy Cleartext => new(DangerouslyAllowHttpOnLoopback, [.. DangerouslyAllowHttpInTrustedNetwork]);
}
