namespace OAuthClient;

/// <summary>A message for one attempt: the guard lets it pass once.</summary>
/// <param name="method">GET or POST.</param>
/// <param name="endpoint">Where to.</param>
/// <param name="tracker">Who is told when the body leaves, where that matters.</param>
internal sealed class SingleSendRequestMessage(HttpMethod method, Uri endpoint, SendTracker? tracker) : HttpRequestMessage(method, endpoint)
{
    private int used;

    public SendTracker? SendTracker => tracker;

    public bool TryUse() => Interlocked.Exchange(ref used, 1) == 0;
}
