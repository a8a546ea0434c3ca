namespace OAuthClient;

/// <summary>Calls the policy of addresses directly before or behind a handler that resolves host names.</summary>
internal sealed class RequestAddressHandler(Action<HttpRequestMessage> check) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            check(request);
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
        check(request);
        return base.Send(request, cancellationToken);
    }
}
