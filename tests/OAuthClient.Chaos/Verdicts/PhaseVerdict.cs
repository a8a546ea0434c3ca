namespace OAuthClient.Chaos.Verdicts;

internal enum Verdict
{
    /// <summary>Every promise held.</summary>
    Kept,

    /// <summary>A promise was broken, and no stall explains it.</summary>
    Broken,

    /// <summary>Promises were broken, and for each of them the machine stalled for longer than the promise's slack.</summary>
    Inconclusive,
}

/// <summary>The result of one run of a phase.</summary>
/// <param name="Broken">The promises that were broken, without those that stalls explain.</param>
/// <param name="Excused">The breaches that stalls explain, each with those stalls.</param>
internal sealed record PhaseVerdict(IReadOnlyList<string> Broken, IReadOnlyList<string> Excused)
{
    public Verdict Verdict =>
        Broken.Count > 0 ? Verdict.Broken
        : Excused.Count > 0 ? Verdict.Inconclusive
        : Verdict.Kept;

    /// <summary>Compares each breach with the stalls of its time and its processes.</summary>
    public static PhaseVerdict Of(IEnumerable<Breach> breaches, StallHistory stalls)
    {
        List<string> broken = [];
        List<string> excused = [];
        foreach (var promise in breaches.GroupBy(breach => breach.Promise, StringComparer.Ordinal))
        {
            var real = promise.Where(breach => !IsExcused(breach, stalls)).ToList();
            if (real.Count > 0)
                broken.Add($"{promise.Key}: {Describe(real, stalls)}");
            else
                excused.Add($"{promise.Key}: {Describe([.. promise], stalls)}");
        }
        return new(broken, excused);
    }

    private static bool IsExcused(Breach breach, StallHistory stalls) =>
        breach.Slack is { } slack && stalls.Total(breach.From, breach.To, breach.Processes) > slack.Length;

    private static string Describe(List<Breach> breaches, StallHistory stalls) =>
        string.Join("; ", breaches.Take(3).Select(breach => Describe(breach, stalls)))
        + (breaches.Count > 3 ? $"; and {breaches.Count - 3} more" : "");

    private static string Describe(Breach breach, StallHistory stalls)
    {
        if (breach.Slack is not { } slack)
            return breach.Detail;
        var total = stalls.Total(breach.From, breach.To, breach.Processes);
        string processes = breach.Processes is null ? "all processes" : string.Join(", ", breach.Processes);
        return FormattableString.Invariant($"{breach.Detail} ({breach.From:mm:ss.fff} to {breach.To:mm:ss.fff}: ")
            + FormattableString.Invariant($"stalls of {total.TotalMilliseconds:F0} ms in {processes}, ")
            + FormattableString.Invariant($"slack {slack.Length.TotalMilliseconds:F0} ms = {slack.Derivation})");
    }
}
