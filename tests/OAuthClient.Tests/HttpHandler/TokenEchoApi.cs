namespace OAuthClient.Tests;

/// <summary>Responds with the token it received.</summary>
internal sealed class TokenEchoApi : HttpMessageHandler
{
    private int sent;

    public int Sent => Volatile.Read(ref sent);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref sent);
        return Task.FromResult(new HttpResponseMessage { Content = new StringContent(request.Headers.Authorization!.Parameter!) });
    }
}
