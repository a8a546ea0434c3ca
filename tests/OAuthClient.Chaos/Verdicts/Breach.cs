namespace OAuthClient.Chaos.Verdicts;

/// <summary>A promise that did not hold, where and when.</summary>
/// <param name="Promise">The promise.</param>
/// <param name="Detail">What happened instead.</param>
internal sealed record Breach(string Promise, string Detail)
{
    /// <summary>What the machine may take from the promise; <see langword="null"/> when no delay can explain the breach.</summary>
    public Slack? Slack { get; init; }

    /// <summary>The start of the interval in which a delay could have caused the breach.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>The end of that interval.</summary>
    public DateTimeOffset To { get; init; }

    /// <summary>The processes whose delay could have caused it; <see langword="null"/> for all of them.</summary>
    public IReadOnlyCollection<string>? Processes { get; init; }
}
