using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures concurrent refreshes on one node: how many there are in a second, the processor time of PostgreSQL for each, and how much of it
/// each listening node adds.
/// </summary>
internal static class RefreshThroughputLines
{
    private const int Window = 3000;
    private const int Windows = 3;
    private const int Callers = 64;
    private const int Listeners = 50;

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        await using var node = database.StartNode();
        await using var floor = new BareStatements(database, isPrepared: true);
        var store = node.GetRequiredService<IGrantStore>();
        await RunAsync(database, store);
        await FloorAsync(database, floor);
        List<(double PerSecond, double Processor)> alone = [];
        List<(double PerSecond, double Processor)> listened = [];
        List<(double PerSecond, double Processor)> floors = [];
        for (int window = 0; window < Windows; window++)
        {
            alone.Add(await RunAsync(database, store));
            await using var listeners = await database.ListenAsync(Listeners);
            listened.Add(await RunAsync(database, store));
            floors.Add(await FloorAsync(database, floor));
        }
        double processor = Samples.Median(listened.Select(one => one.Processor));
        double added = processor - Samples.Median(alone.Select(one => one.Processor));
        Report.Explain(string.Join(' ', floors));
        Report.Explain(string.Join(' ', alone));
        Report.Explain(string.Join(' ', listened));
        Report.Scale("scale_refresh_cpu_us", processor);
        Report.Scale("scale_refreshes_per_s", Samples.Median(listened.Select(one => one.PerSecond)));
        Report.Scale("scale_listener_us", added / Listeners);
    }

    private static Task<(double PerSecond, double Processor)> RunAsync(ScaleDatabase database, IGrantStore store)
    {
        var grants = database.Take(Window);
        var next = database.Refreshed(grants);
        return MeasureAsync(database, i => Refreshes.RunAsync(store, grants[i], next[i]));
    }

    private static Task<(double PerSecond, double Processor)> FloorAsync(ScaleDatabase database, BareStatements floor)
    {
        var grants = database.Take(Window);
        byte[][] contents = [.. grants.Select(BareStatements.ContentOf)];
        return MeasureAsync(database, i => floor.RefreshAsync(grants[i].Id, contents[i]));
    }

    private static async Task<(double PerSecond, double Processor)> MeasureAsync(ScaleDatabase database, Func<int, Task> actAsync)
    {
        double before = ProcessorTime.OfTree(database.ProcessId);
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(
            0,
            Window,
            new ParallelOptions { MaxDegreeOfParallelism = Callers },
            async (number, _) => await actAsync(number)
        );
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        // The processor time of notifications that are still sent belongs to these refreshes.
        await Task.Delay(200);
        return (Window / seconds, (ProcessorTime.OfTree(database.ProcessId) - before) / Window);
    }
}
