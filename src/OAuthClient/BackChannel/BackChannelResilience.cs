namespace OAuthClient;

/// <summary>Decides about the attempts of an exchange with one server. Apart from what it is made of, so that Polly is loaded when it is needed.</summary>
internal abstract class BackChannelResilience
{
    /// <param name="call">What to send.</param>
    /// <param name="first">What became of the first attempt, when there was one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public abstract Task<HttpResponseMessage> SendAsync(BackChannelCall call, Attempt? first, CancellationToken cancellationToken);
}
