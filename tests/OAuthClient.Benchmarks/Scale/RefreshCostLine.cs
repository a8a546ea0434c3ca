using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures one refresh after the other on one node, while other nodes listen.</summary>
internal static class RefreshCostLine
{
    private const int Refreshed = 1000;
    private const int Listeners = 50;

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        foreach (bool isPrepared in new[] { false, true })
        foreach (int l in new[] { 0, Listeners })
        {
            await using var listeners = await database.ListenAsync(l);
            await using var node = database.StartNode();
            await using var floor = new BareStatements(database, isPrepared);
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
}
