namespace OAuthClient.Tests;

/// <summary>What resilience packages put on HTTP clients: sends again after a fault or a 5xx, as often as three times.</summary>
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
                // As good as a 5xx to a handler of this kind.
            }
        }
    }
}
