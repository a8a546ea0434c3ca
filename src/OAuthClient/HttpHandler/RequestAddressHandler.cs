namespace OAuthClient;

/// <summary>
/// The outermost handler of an HTTP client with service discovery. It checks the address that the application set before a handler resolves
/// it.
/// </summary>
internal sealed class RequestAddressHandler(IApiAddressPolicy addresses) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            addresses.EnsureNamed(request);
        }
        catch (Exception exception) when (exception is OAuthException or InvalidOperationException)
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }
        return base.SendAsync(request, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        addresses.EnsureNamed(request);
        return base.Send(request, cancellationToken);
    }
}
