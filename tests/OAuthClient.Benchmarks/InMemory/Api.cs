using System.Net;

namespace OAuthClient.Benchmarks;

/// <summary>An in-memory API. It responds at once, or on request: then the caller waits as it would for a socket.</summary>
internal sealed class Api : HttpMessageHandler
{
    public const string Origin = "https://api.example.com";

    private readonly HttpResponseMessage ok = new(HttpStatusCode.OK);
    private readonly Task<HttpResponseMessage> atOnce;
    private TaskCompletionSource<HttpResponseMessage>? waiting;

    public Api() => atOnce = Task.FromResult(ok);

    /// <summary>Gets or sets a value indicating whether the response is sent only by <see cref="TryAnswer"/>.</summary>
    public bool Waits { get; init; }

    /// <summary>Completes the response on this stack, so that no thread switch is measured, only the cost of waiting.</summary>
    public bool TryAnswer()
    {
        if (Interlocked.Exchange(ref waiting, null) is not { } asked)
            return false;
        asked.SetResult(ok);
        return true;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Waits ? WaitAsync() : atOnce;

    private Task<HttpResponseMessage> WaitAsync()
    {
        var asked = new TaskCompletionSource<HttpResponseMessage>();
        Volatile.Write(ref waiting, asked);
        return asked.Task;
    }
}
