namespace OAuthClient;

/// <summary>
/// Allows the stated origins for every grant, and, with service discovery, the instances that a handler resolved an allowed name to.
/// </summary>
internal sealed class AllowedAddresses(string clientName, string httpClientName, AccessTokenHandlerOptions options) : IApiAddressPolicy
{
    // Set on a request with an allowed address, before any handler of the application runs. Only with service discovery, because it
    // allocates.
    private static readonly HttpRequestOptionsKey<Uri> NamedAddress = new("OAuthClient.NamedAddress");

    private readonly AllowedOrigin[] origins = [.. options.Origins.Select(origin => new AllowedOrigin(origin))];

    public string HttpClientName => httpClientName;

    public void EnsureNamed(HttpRequestMessage request)
    {
        var address = AbsoluteAddress(request);
        EnsureStated(request, address);
        request.Options.Set(NamedAddress, address);
    }

    public Uri EnsureAllowed(HttpRequestMessage request, bool isBare)
    {
        var address = AbsoluteAddress(request);
        if (!IsStated(request, address) || !(isBare || HostHeader.Names(request.Headers, address)))
        {
            if (!IsResolved(request, address))
                EnsureStated(request, address);
        }
        return address;
    }

    // The origins are the same for every grant.
    public void EnsureAllowedFor(AccessToken token, Uri address) { }

    public bool IsFinalAllowed(HttpRequestMessage request, bool hasOnlyToken) =>
        request.RequestUri is { IsAbsoluteUri: true } address
        && ((IsStated(request, address) && (hasOnlyToken || HostHeader.Names(request.Headers, address))) || IsResolved(request, address));

    public OAuthException CreateFinalException(HttpRequestMessage request)
    {
        var address = request.RequestUri is { IsAbsoluteUri: true } absolute ? absolute : null;
        if (address is not null && IsStated(request, address))
            return CreateHostException(address);
        string target = address is null ? "no absolute address" : Text(address);
        return new OAuthException(
            $"A handler of the HTTP client '{httpClientName}' changed the address of the request to {target}. "
                + $"The access token of {ClientDisplayName.Of(clientName)} may go to {OriginTexts}; the request was not sent. "
                + (
                    options.AllowsServiceDiscovery
                        ? "With AllowServiceDiscovery() a handler may change the host and port only, from https to https, or from "
                            + "https+http to https, or to http on this machine; a Host header must be the stated host or the "
                            + "resolved one."
                        : "Add that origin with To(…) if it belongs to the API. If the handler resolves the host name, as service "
                            + "discovery does, call AllowServiceDiscovery()."
                )
        );
    }

    private string OriginTexts =>
        string.Join(", ", origins.Select(origin => origin.Text).Concat(options.GrantAddress is { } grants ? [grants.Text] : []));

    private bool IsStated(HttpRequestMessage request, Uri address)
    {
        foreach (var origin in origins)
        {
            if (origin.IsOf(address))
                return true;
        }
        return options.GrantAddress is not null && GrantAddress.IsOf(request, address);
    }

    // Only the authority may differ from the address that the application set; the scheme https+http may become https or http.
    private bool IsResolved(HttpRequestMessage request, Uri address) =>
        options.AllowsServiceDiscovery
        && request.Options.TryGetValue(NamedAddress, out var named)
        && address.UserInfo.Length == 0
        && EndpointSecurity.IsSafe(address, allowHttpOnLoopback: true)
        && (named.Scheme == AllowedOrigin.HttpsOrHttp || named.Scheme == address.Scheme)
        && named.PathAndQuery == address.PathAndQuery
        && (HostHeader.Names(request.Headers, address) || HostHeader.NamesService(request.Headers, named));

    private void EnsureStated(HttpRequestMessage request, Uri address)
    {
        if (!HostHeader.Names(request.Headers, address))
            throw CreateHostException(address);
        if (!IsStated(request, address))
        {
            throw new OAuthException(
                $"The access token of {ClientDisplayName.Of(clientName)} may go to {OriginTexts}, not to {Text(address)}; the request was "
                    + "not sent. Add that origin with To(…) if it belongs to the API, or use another HTTP client."
            );
        }
    }

    // If the Host header is set, it determines the name that TLS verifies and the site that a shared server selects.
    private OAuthException CreateHostException(Uri address) =>
        new(
            $"The request to {Text(address)} has a Host header with another host, which would receive the access token of "
                + $"{ClientDisplayName.Of(clientName)}; it was not sent. Remove the Host header, or set it to the host and port of "
                + "the address."
        );

    private static Uri AbsoluteAddress(HttpRequestMessage request) =>
        request.RequestUri is { IsAbsoluteUri: true } address
            ? address
            : throw new InvalidOperationException(
                "The request has no absolute address. Set BaseAddress of the HTTP client, or use an absolute address."
            );

    private static string Text(Uri address) => $"{address.Scheme}://{address.Authority}";
}
