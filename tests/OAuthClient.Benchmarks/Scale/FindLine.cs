using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures finding the grants of an owner whom the node has not cached.</summary>
internal static class FindLine
{
    private const int Found = 5000;

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        await using var node = database.StartNode();
        await using var floor = new BareStatements(database);
        var store = node.GetRequiredService<IGrantStore>();
        var grants = database.Take(PairedTurns.Rounds(Found));
        var floors = database.Take(grants.Length);
        var (bare, ours) = await PairedTurns.MeasureAsync(
            Found,
            round => floor.FindAsync(floors[round]),
            async round =>
            {
                if ((await store.FindAsync(grants[round].ClientName, grants[round].Owner, default)).Count != 1)
                    throw new InvalidOperationException("The grant was not found.");
            }
        );
        var c0 = Environment.CpuUsage.TotalTime;
        var p0 = ProcessorTime.OfTree(database.ProcessId);
        foreach (var g in database.Take(5000))
            await floor.FindAsync(g);
        var c1 = Environment.CpuUsage.TotalTime;
        var p1 = ProcessorTime.OfTree(database.ProcessId);
        var more = database.Take(5000);
        var c2 = Environment.CpuUsage.TotalTime;
        var p2 = ProcessorTime.OfTree(database.ProcessId);
        foreach (var g in more)
            await store.FindAsync(g.ClientName, g.Owner, default);
        var c3 = Environment.CpuUsage.TotalTime;
        var p3 = ProcessorTime.OfTree(database.ProcessId);
        Report.Explain(
            $"cpu floor {(c1 - c0).TotalMicroseconds / 5000} {(p1 - p0) / 5000} ours {(c3 - c2).TotalMicroseconds / 5000} {(p3 - p2) / 5000}"
        );
        Report.Scale("scale_find", bare, ours);
    }
}
