using System.Net;

namespace OAuthClient.Benchmarks;

/// <summary>An API without a network. It answers at once, or when it is told to: then the caller waits as it would for a socket.</summary>
internal sealed class Api : HttpMessageHandler
{
    public const string Origin = "https://api.example.com";

    private readonly HttpResponseMessage ok = new(HttpStatusCode.OK);
    private readonly Task<HttpResponseMessage> atOnce;
    private TaskCompletionSource<HttpResponseMessage>? waiting;

    public Api() => atOnce = Task.FromResult(ok);

    /// <summary>Whether the answer comes only with <see cref="TryAnswer"/>.</summary>
    public bool Waits { get; init; }

    /// <summary>The continuation runs on this stack: no thread switch is measured, only what it costs to be waiting.</summary>
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
