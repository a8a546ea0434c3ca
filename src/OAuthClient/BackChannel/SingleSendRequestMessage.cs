namespace OAuthClient;

/// <summary>A message for one attempt, which <see cref="SingleSendHandler"/> sends only once.</summary>
/// <param name="method">The method.</param>
/// <param name="endpoint">The address.</param>
/// <param name="tracker">The tracker of whether the body was sent; <see langword="null"/> for an idempotent request.</param>
internal sealed class SingleSendRequestMessage(HttpMethod method, Uri endpoint, SendTracker? tracker) : HttpRequestMessage(method, endpoint)
{
    private int used;

    public SendTracker? SendTracker => tracker;

    /// <summary>Marks the message as used.</summary>
    /// <returns><see langword="false"/> if it was used before.</returns>
    public bool TryUse() => Interlocked.Exchange(ref used, 1) == 0;
}
