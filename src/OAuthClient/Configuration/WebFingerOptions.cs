namespace OAuthClient;

/// <summary>
/// Options of <see cref="WebFinger"/>. The identifiers that users enter decide which machines it connects to, so the defaults are strict.
/// </summary>
public sealed class WebFingerOptions
{
    // The parentheses keep it apart from the name of any client.
    internal const string ClientName = "(WebFinger)";

    /// <summary>
    /// Gets or sets a value indicating whether connections to private addresses (RFC 6890) are allowed, for servers inside an
    /// organization. A warning is logged once when it is set. The default is <see langword="false"/>.
    /// </summary>
    public bool DangerouslyAllowPrivateAddresses { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a server on a loopback address of this machine is queried by plain <c>http</c>, for
    /// development. A warning is logged once when it is set. The default is <see langword="false"/>.
    /// </summary>
    public bool DangerouslyAllowHttpOnLoopback { get; set; }
}
