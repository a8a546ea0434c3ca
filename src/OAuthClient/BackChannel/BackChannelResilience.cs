namespace OAuthClient;

/// <summary>
/// Sends requests to one server with retries. It does not refer to Polly, so that Polly is loaded only when it is needed.
/// </summary>
internal abstract class BackChannelResilience
{
    /// <summary>Sends a request, or continues after its first attempt.</summary>
    /// <param name="call">The request.</param>
    /// <param name="first">The outcome of the first attempt; <see langword="null"/> if there was none.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response.</returns>
    public abstract Task<HttpResponseMessage> SendAsync(BackChannelCall call, Attempt? first, CancellationToken cancellationToken);
}
