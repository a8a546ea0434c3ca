namespace OAuthClient;

/// <summary>Sends only the requests that pass a check.</summary>
internal abstract class RequestCheckHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>Checks a request.</summary>
    /// <returns>The exception to throw instead of sending the request; <see langword="null"/> if it may be sent.</returns>
    protected abstract OAuthException? FindRejection(HttpRequestMessage request);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return FindRejection(request) is { } rejection
            ? Task.FromException<HttpResponseMessage>(rejection)
            : base.SendAsync(request, cancellationToken);
    }

    // A handler of the application may send its own request synchronously.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return FindRejection(request) is { } rejection ? throw rejection : base.Send(request, cancellationToken);
    }
}
