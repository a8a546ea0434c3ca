namespace OAuthClient;

/// <summary>Computes the delays between the attempts of an operation: each is twice as long as the one before, up to a maximum.</summary>
/// <param name="first">The first delay.</param>
/// <param name="maximum">The maximum delay.</param>
internal sealed class ExponentialBackoff(TimeSpan first, TimeSpan maximum)
{
    private TimeSpan? last;

    /// <summary>Returns the next delay.</summary>
    public TimeSpan Next()
    {
        var next = last * 2 ?? first;
        last = next < maximum ? next : maximum;
        return last.Value;
    }
}
