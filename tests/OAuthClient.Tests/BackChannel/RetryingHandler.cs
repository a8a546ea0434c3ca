namespace OAuthClient.Tests;

/// <summary>Retries twice after a failure or a 5xx response, like the handlers of resilience packages.</summary>
internal sealed class RetryingHandler : DelegatingHandler
{
    public RetryingHandler() { }

    public RetryingHandler(HttpMessageHandler inner)
        : base(inner) { }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                if ((int)response.StatusCode < 500 || attempt == 3)
                    return response;
                response.Dispose();
            }
            catch (HttpRequestException) when (attempt < 3)
            {
                // Such handlers treat a failure like a 5xx response.
            }
        }
    }
}
