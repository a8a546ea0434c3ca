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
        Report.Scale("scale_find", bare, ours);
    }
}
