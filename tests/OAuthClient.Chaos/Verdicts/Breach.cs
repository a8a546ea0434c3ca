namespace OAuthClient.Chaos.Verdicts;

/// <summary>A promise that was broken, with place and time.</summary>
/// <param name="Promise">The promise.</param>
/// <param name="Detail">What happened instead.</param>
internal sealed record Breach(string Promise, string Detail)
{
    /// <summary>Gets the slack of the promise; <see langword="null"/> if no delay can explain the breach.</summary>
    public Slack? Slack { get; init; }

    /// <summary>Gets the start of the interval in which a delay could have caused the breach.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>Gets the end of that interval.</summary>
    public DateTimeOffset To { get; init; }

    /// <summary>Gets the processes whose delay could have caused the breach; <see langword="null"/> for all of them.</summary>
    public IReadOnlyCollection<string>? Processes { get; init; }
}
