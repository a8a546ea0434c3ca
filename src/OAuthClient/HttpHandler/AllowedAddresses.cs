using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>
/// Decides where a request may go with an access token: to a stated origin, or, where the application declared service discovery, to the
/// instance that a handler resolved a stated name to.
/// </summary>
internal sealed class AllowedAddresses(string clientName, string httpClientName, AccessTokenHandlerOptions options)
{
    // Set on a request that names a stated origin, before any handler of the application runs. Only with service discovery: it allocates.
    private static readonly HttpRequestOptionsKey<Uri> NamedAddress = new("OAuthClient.NamedAddress");

    private readonly AllowedOrigin[] origins = [.. options.Origins.Select(origin => new AllowedOrigin(origin))];

    public string HttpClientName => httpClientName;

    /// <summary>Checks the address that the application wrote, and remembers it for the checks of what a handler makes of it.</summary>
    /// <exception cref="OAuthException">The address or the <c>Host</c> header names another origin than the stated ones.</exception>
    public void EnsureNamed(HttpRequestMessage request)
    {
        var address = AbsoluteAddress(request);
        EnsureStated(address, request.Headers);
        request.Options.Set(NamedAddress, address);
    }

    /// <summary>Checks the address before a token is fetched for the request.</summary>
    /// <param name="request">The request, as the handlers above left it.</param>
    /// <param name="isBare">Whether the request has no header at all.</param>
    /// <returns>The address.</returns>
    /// <exception cref="InvalidOperationException">The request has no absolute address.</exception>
    /// <exception cref="OAuthException">The address or the <c>Host</c> header names another origin than the allowed ones.</exception>
    public Uri EnsureAllowed(HttpRequestMessage request, bool isBare)
    {
        var address = AbsoluteAddress(request);
        if (!IsStated(address) || !(isBare || HostHeader.Names(request.Headers, address)))
        {
            if (!IsResolved(request, address))
                EnsureStated(address, request.Headers);
        }
        return address;
    }

    /// <summary>Whether the request may leave as it is now, behind every handler.</summary>
    public bool IsFinalAllowed(HttpRequestMessage request, bool hasOnlyToken) =>
        request.RequestUri is { IsAbsoluteUri: true } address
        && ((IsStated(address) && (hasOnlyToken || HostHeader.Names(request.Headers, address))) || IsResolved(request, address));

    /// <summary>Describes why a request may not leave, after <see cref="IsFinalAllowed"/>.</summary>
    public OAuthException FinalRefusal(HttpRequestMessage request)
    {
        string target = request.RequestUri is { IsAbsoluteUri: true } address ? Text(address) : "no absolute address";
        if (request.RequestUri is { IsAbsoluteUri: true } stated && IsStated(stated))
            return HostRefusal(stated);
        return new OAuthException(
            $"A handler of the HTTP client '{httpClientName}' changed the address of the request to {target}. "
                + $"The '{clientName}' access token may go to {OriginTexts}; the request was not sent. "
                + (
                    options.AllowsServiceDiscovery
                        ? "With AllowServiceDiscovery() a handler may change the host and port only, from https to https, or from https+http to "
                            + "https, or to http on this machine; a Host header must name the stated host or the resolved one."
                        : "Add that origin with To(…) if it is yours. If the handler resolves the host name, as service discovery does, "
                            + "declare it with AllowServiceDiscovery()."
                )
        );
    }

    private string OriginTexts => string.Join(", ", origins.Select(origin => origin.Text));

    private bool IsStated(Uri address)
    {
        foreach (var origin in origins)
        {
            if (origin.IsOf(address))
                return true;
        }
        return false;
    }

    // The authority alone may differ from what the application wrote; the scheme https+http stands for either of its parts.
    private bool IsResolved(HttpRequestMessage request, Uri address) =>
        options.AllowsServiceDiscovery
        && request.Options.TryGetValue(NamedAddress, out var named)
        && address.UserInfo.Length == 0
        && EndpointSecurity.IsSafe(address, allowHttpOnLoopback: true)
        && (
            string.Equals(named.Scheme, AllowedOrigin.HttpsOrHttp, StringComparison.Ordinal)
            || string.Equals(named.Scheme, address.Scheme, StringComparison.Ordinal)
        )
        && string.Equals(named.PathAndQuery, address.PathAndQuery, StringComparison.Ordinal)
        && (HostHeader.Names(request.Headers, address) || HostHeader.NamesService(request.Headers, named));

    private void EnsureStated(Uri address, HttpRequestHeaders headers)
    {
        if (!HostHeader.Names(headers, address))
            throw HostRefusal(address);
        if (!IsStated(address))
        {
            throw new OAuthException(
                $"The '{clientName}' access token may go to {OriginTexts}, not to {Text(address)}; the request was not sent. "
                    + "Add that origin with To(…) if it is yours, or call it with another HTTP client."
            );
        }
    }

    // The Host header, where it is set, decides which name TLS checks and which site a shared server answers for.
    private OAuthException HostRefusal(Uri address) =>
        new(
            $"The request to {Text(address)} has a Host header that names another host, which would get the '{clientName}' access token; "
                + "it was not sent. Remove the Host header, or set it to the host and port of the address."
        );

    private static Uri AbsoluteAddress(HttpRequestMessage request) =>
        request.RequestUri is { IsAbsoluteUri: true } address
            ? address
            : throw new InvalidOperationException("The request has no absolute address; set BaseAddress.");

    private static string Text(Uri address) => $"{address.Scheme}://{address.Authority}";
}
