using System.Globalization;

namespace OAuthClient.Chaos.Nodes;

/// <summary>Checks each token when it is sent: an expired token should not be sent.</summary>
internal sealed class SentTokens(Action<NodeEvent> report) : DelegatingHandler
{
    public static readonly HttpRequestOptionsKey<ThreadDelay?> DelayAtStart = new("delay at the start of the call");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string[] token = string.Concat(request.Headers.GetValues("Authorization")).Split('.');
        var now = TimeProvider.System.GetUtcNow();
        var expiry = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(token[2], CultureInfo.InvariantCulture));
        if (expiry.ToUnixTimeMilliseconds() <= now.ToUnixTimeMilliseconds())
        {
            // The heartbeat is another thread and may have run while this one waited.
            if (request.Options.TryGetValue(DelayAtStart, out var start) && start?.Elapsed() is { } delay && delay > TimeSpan.Zero)
                report(new(NodeEventKind.Stall, now - delay, now));
            report(new(NodeEventKind.ExpiredTokenSent, expiry, now));
        }
        return base.SendAsync(request, cancellationToken);
    }
}
