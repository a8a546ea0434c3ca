namespace OAuthClient;

/// <summary>Where tokens may go: scheme, host and port, taken apart once, because each request is held against them.</summary>
internal sealed class AllowedOrigin(Uri uri)
{
    /// <summary>The scheme by which service discovery prefers https to http.</summary>
    public const string HttpsOrHttp = "https+http";

    private readonly string scheme = uri.Scheme;
    private readonly string host = uri.IdnHost;
    private readonly int port = uri.Port;

    public string Text { get; } = uri.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether an address is there, and names no user.</summary>
    public bool IsOf(Uri address) =>
        address.Port == port
        && string.Equals(address.Scheme, scheme, StringComparison.Ordinal)
        && string.Equals(EndpointSecurity.HostOf(address), host, StringComparison.Ordinal)
        && address.UserInfo.Length == 0;
}
