namespace OAuthClient;

/// <summary>
/// Allows the stated origins for every grant, and the instances that service discovery resolved an allowed name to: those of
/// Microsoft.Extensions.ServiceDiscovery, and, with <see cref="AccessTokenHandlerOptions.AllowServiceDiscovery"/>, those of any handler.
/// </summary>
internal sealed class AllowedAddresses(string clientName, string httpClientName, AccessTokenHandlerOptions options) : IApiAddressPolicy
{
    // Set on a request only with service discovery, because that allocates.
    private static readonly HttpRequestOptionsKey<Uri> NamedAddress = new("OAuthClient.NamedAddress");
    private static readonly HttpRequestOptionsKey<Uri> ResolvedAddress = new("OAuthClient.ResolvedAddress");

    private readonly AllowedOrigin[] origins = [.. options.Origins.Select(origin => new AllowedOrigin(origin))];
    private readonly AllowedOrigin[] httpOrigins = [.. options.HttpOrigins.Select(origin => new AllowedOrigin(origin))];

    public string HttpClientName => httpClientName;

    public void EnsureNamed(HttpRequestMessage request)
    {
        var address = AbsoluteAddress(request);
        if ((options.GrantAddress is not null && GrantAddress.IsPlaceholder(address)) || IsResolved(request, address))
            return;
        EnsureStated(request, address);
        request.Options.Set(NamedAddress, address);
    }

    public void SetResolved(HttpRequestMessage request)
    {
        if (request.RequestUri is { IsAbsoluteUri: true } address && request.Options.TryGetValue(NamedAddress, out _))
            request.Options.Set(ResolvedAddress, address);
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
                + Advice(request)
        );
    }

    private string Advice(HttpRequestMessage request) =>
        request.Options.TryGetValue(NamedAddress, out _)
            ? "Service discovery may change the host and port only, from https to https, or from https+http to https, or to http on this "
                + "machine (on others for an origin of DangerouslyToHttp(…)); a Host header must be the stated host or the resolved one."
            : "Add that origin with To(…) if it belongs to the API, or use another HTTP client."
                + (options.AllowsServiceDiscovery ? "" : " If a handler has resolved the host name, call AllowServiceDiscovery().");

    private string OriginTexts =>
        string.Join(", ", origins.Select(origin => origin.Text).Concat(options.GrantAddress is { } grants ? [grants.Text] : []));

    private bool IsStated(HttpRequestMessage request, Uri address)
    {
        foreach (var origin in origins)
        {
            if (origin.IsOf(address))
                return true;
        }
        return options.GrantAddress is not null && ResolvedGrantAddress.Find(request)?.Origin.IsOf(address) == true;
    }

    // Only the authority may differ from the address that the application set, and the path may follow that of the instance if the handler
    // is known. The scheme https+http may become https or http.
    private bool IsResolved(HttpRequestMessage request, Uri address) =>
        request.Options.TryGetValue(NamedAddress, out var named)
        && address.UserInfo.Length == 0
        && IsSafe(named, address)
        && (
            (options.AllowsServiceDiscovery && named.PathAndQuery == address.PathAndQuery)
            || (request.Options.TryGetValue(ResolvedAddress, out var resolved) && resolved == address)
        )
        && (HostHeader.Names(request.Headers, address) || HostHeader.NamesService(request.Headers, named));

    private bool IsSafe(Uri named, Uri address)
    {
        string scheme = AllowedOrigin.SchemeOf(address);
        return EndpointSecurity.HostOf(address) is not null
            && (named.Scheme == AllowedOrigin.HttpsOrHttp || AllowedOrigin.SchemeOf(named) == scheme)
            && (
                scheme == Uri.UriSchemeHttps
                || (
                    scheme == Uri.UriSchemeHttp
                    && (EndpointSecurity.IsLoopback(address) || Array.Exists(httpOrigins, origin => origin.IsOf(named)))
                )
            );
    }

    private void EnsureStated(HttpRequestMessage request, Uri address)
    {
        if (!HostHeader.Names(request.Headers, address))
            throw CreateHostException(address);
        if (!IsStated(request, address))
        {
            throw new OAuthException(
                $"The access token of {ClientDisplayName.Of(clientName)} may go to {OriginTexts}, not to {Text(address)}; the request was "
                    + "not sent. "
                    + Advice(request)
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
