using System.Globalization;
using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>
/// A long run without faults: memory, open files (including sockets) and timers of each node must not grow from minute to minute.
/// </summary>
internal static class Soak
{
    private static readonly string[] Names = ["heap_bytes", "working_set_bytes", "open_files", "timers"];

    public static async Task<int> RunAsync(PhaseSettings settings, PostgresCluster cluster, Heartbeats heartbeats)
    {
        List<double[]> samples = [];
        var outcome = await Phase.RunAsync(
            settings,
            cluster,
            heartbeats,
            async fleet =>
            {
                for (int minute = 0; minute < settings.Length.TotalMinutes; minute++)
                {
                    await fleet.CallAsync(TimeSpan.FromMinutes(1));
                    samples.Add(Mean(await fleet.AskAllAsync("sample")));
                    Console.WriteLine(
                        string.Create(CultureInfo.InvariantCulture, $"minute {minute + 1}: ")
                            + string.Join(
                                ", ",
                                Names.Zip(samples[^1], (name, value) => string.Create(CultureInfo.InvariantCulture, $"{name} {value:F0}"))
                            )
                    );
                }
            }
        );
        foreach (var (name, value) in outcome.Figures)
            Console.WriteLine($"{name}: {value}");
        int third = Math.Max(1, samples.Count / 3);
        for (int i = 0; i < Names.Length && samples.Count > 0; i++)
        {
            double first = samples.Skip(samples.Count / 10).Take(third).Average(sample => sample[i]);
            double last = samples.TakeLast(third).Average(sample => sample[i]);
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"soak_{Names[i]}: {first:F0} in the first third, {last:F0} in the last")
            );
        }
        foreach (string reason in outcome.Verdict.Excused)
            Console.WriteLine($"INCONCLUSIVE: {reason}");
        foreach (string promise in outcome.Verdict.Broken)
            Console.WriteLine($"BROKEN: {promise}");
        return outcome.Verdict.Verdict switch
        {
            Verdict.Kept => RunSummary.Success,
            Verdict.Broken => RunSummary.PromiseBroken,
            _ => RunSummary.NotConclusive,
        };
    }

    private static double[] Mean(string[] responses) =>
        [
            .. Enumerable
                .Range(0, Names.Length)
                .Select(i => responses.Average(response => double.Parse(response.Split(' ')[i + 1], CultureInfo.InvariantCulture))),
        ];
}
