using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Tests;

/// <summary>Creates stalls and breaches at seconds of one minute.</summary>
internal static class Moments
{
    public static readonly Slack TwoSeconds = new(TimeSpan.FromSeconds(2), "two seconds");

    public static DateTimeOffset At(double second) => DateTimeOffset.UnixEpoch.AddSeconds(second);

    public static Stall Stalled(string process, double from, double to) => new(process, At(from), At(to));

    /// <summary>Creates a breach that a delay between seconds 10 and 20 of the rig, the database or node 3.1 can explain.</summary>
    public static Breach Breach(string promise = "a grant lives") =>
        new(promise, "user-1 lost it")
        {
            Slack = TwoSeconds,
            From = At(10),
            To = At(20),
            Processes = [Stall.Rig, Stall.Database, "3.1"],
        };

    public static PhaseVerdict Evaluate(IEnumerable<Breach> breaches, params Stall[] stalls) =>
        PhaseVerdict.Of(breaches, new StallHistory(stalls, []));
}
