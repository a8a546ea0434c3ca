namespace OAuthClient;

/// <summary>
/// Sends requests to one server with retries. It does not refer to Polly, so that Polly is loaded only when it is needed.
/// </summary>
internal abstract class BackChannelResilience
{
    /// <summary>Sends a request, or continues after its first attempt (<see cref="BackChannelCall.TryFirstAttemptAsync"/>).</summary>
    /// <param name="call">The request.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response.</returns>
    public abstract Task<HttpResponseMessage> SendAsync(BackChannelCall call, CancellationToken cancellationToken);
}
