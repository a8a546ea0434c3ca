using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures concurrent refreshes on one node: how many there are in a second, the processor time of PostgreSQL for each, and how much of it
/// each listening node adds.
/// </summary>
internal static class RefreshThroughputLines
{
    private const int Refreshed = 4000;
    private const int Rounds = 5;
    private const int Callers = 64;

    // Longer than the time for which a node collects changes.
    private static readonly TimeSpan LastNotification = TimeSpan.FromMilliseconds(200);

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        await using var node = database.StartNode();
        var store = node.GetRequiredService<IGrantStore>();
        await RunAsync(database, store);
        List<Measured> alone = [];
        List<Measured> listened = [];
        for (int round = 0; round < Rounds; round++)
        {
            alone.Add(await RunAsync(database, store));
            await using var listeners = await database.ListenAsync();
            listened.Add(await RunAsync(database, store));
        }
        double processor = Samples.Median(listened.Select(one => one.Processor));
        double added = Samples.Median(listened.Zip(alone, (with, without) => with.Processor - without.Processor));
        Report.Explain($"without listeners: {Samples.Median(alone.Select(one => one.PerSecond)):0} refreshes/s");
        Report.Scale("scale_refresh_cpu_us", processor);
        Report.Scale("scale_refreshes_per_s", Samples.Median(listened.Select(one => one.PerSecond)));
        Report.Scale("scale_listener_us", added / ScaleDatabase.Listeners);
    }

    private static async Task<Measured> RunAsync(ScaleDatabase database, IGrantStore store)
    {
        var grants = database.Take(Refreshed);
        var next = database.Refreshed(grants);
        double before = ProcessorTime.OfTree(database.ProcessId);
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(
            0,
            Refreshed,
            new ParallelOptions { MaxDegreeOfParallelism = Callers },
            async (number, _) => await Refreshes.RunAsync(store, grants[number], next[number])
        );
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        // The notifications that are still to be sent belong to these refreshes.
        await Task.Delay(LastNotification);
        return new(Refreshed / seconds, (ProcessorTime.OfTree(database.ProcessId) - before) / Refreshed);
    }

    /// <param name="PerSecond">The number of refreshes in a second.</param>
    /// <param name="Processor">PostgreSQL's processor time for one refresh, in microseconds.</param>
    private sealed record Measured(double PerSecond, double Processor);
}
