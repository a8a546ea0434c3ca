using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures one refresh after the other on one node, while other nodes listen.</summary>
internal static class RefreshCostLine
{
    private const int Refreshed = 1000;

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        await using var listeners = await database.ListenAsync();
        await using var node = database.StartNode();
        await using var floor = new BareStatements(database);
        var store = node.GetRequiredService<IGrantStore>();
        var grants = database.Take(PairedTurns.Rounds(Refreshed));
        var next = database.Refreshed(grants);
        var floors = database.Take(grants.Length);
        byte[][] contents = [.. floors.Select(BareStatements.ContentOf)];
        var (bare, ours) = await PairedTurns.MeasureAsync(
            Refreshed,
            round => floor.RefreshAsync(floors[round].Id, contents[round]),
            round => Refreshes.RunAsync(store, grants[round], next[round])
        );
        Report.Scale("scale_refresh", bare, ours);
    }
}
