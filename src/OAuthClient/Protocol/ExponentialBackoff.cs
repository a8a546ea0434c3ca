namespace OAuthClient;

/// <summary>Computes the delays between the attempts of an operation: each is twice as long as the one before, up to a maximum.</summary>
/// <param name="next">The first delay.</param>
/// <param name="maximum">The maximum delay.</param>
internal sealed class ExponentialBackoff(TimeSpan next, TimeSpan maximum)
{
    /// <summary>Returns the next delay.</summary>
    public TimeSpan Next()
    {
        var delay = next;
        next = delay * 2 < maximum ? delay * 2 : maximum;
        return delay;
    }
}
