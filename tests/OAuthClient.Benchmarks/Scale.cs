using System.Runtime.InteropServices;

namespace OAuthClient.Benchmarks;

/// <summary>Measures the cost per operation with many grants and nodes, on a PostgreSQL server of its own.</summary>
internal static class Scale
{
    private static readonly (string Name, Func<ScaleDatabase, Task> MeasureAsync)[] DatabaseLines =
    [
        ("scale_refresh", RefreshCostLine.MeasureAsync),
        ("scale_refreshes_per_s", RefreshThroughputLines.MeasureAsync),
        ("scale_find", FindLine.MeasureAsync),
        ("scale_login", LoginLine.MeasureAsync),
    ];

    private static readonly (string Name, Func<Task> MeasureAsync)[] MemoryLines =
    [
        ("scale_complete", CompletionLine.MeasureAsync),
        ("scale_add_us", InMemoryAddLine.MeasureAsync),
    ];

    public static async Task PrintAsync(IReadOnlyList<string> chosen)
    {
        Report.Explain(
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors"
        );
        if (DatabaseLines.Any(line => IsChosen(line.Name)))
        {
            await using var database = await ScaleDatabase.StartAsync();
            foreach (var (_, measureAsync) in DatabaseLines.Where(line => IsChosen(line.Name)))
                await measureAsync(database);
        }
        foreach (var (_, measureAsync) in MemoryLines.Where(line => IsChosen(line.Name)))
            await measureAsync();

        bool IsChosen(string name) => chosen.Count == 0 || chosen.Contains(name);
    }
}
