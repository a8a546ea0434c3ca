using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures what a login asks of the store: its state is consumed, the owner's other grants are found, and the grant is added. The floor
/// consumes the state with a statement of its own, too.
/// </summary>
internal static class LoginLine
{
    private const int Logins = 500;

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        foreach (bool isPrepared in new[] { false, true })
        foreach (bool consumes in new[] { false, true })
        foreach (int l in new[] { 0, 50 })
        {
            await using var listeners = await database.ListenAsync(l);
            await using var node = database.StartNode();
            await using var floor = new BareStatements(database, isPrepared);
            var store = node.GetRequiredService<IGrantStore>();
            var grants = database.New(PairedTurns.Rounds(Logins));
            var floors = database.New(grants.Length);
            byte[][] contents = [.. floors.Select(BareStatements.ContentOf)];
            byte[][] fingerprints = [.. floors.Select(_ => RandomNumberGenerator.GetBytes(32))];
            var expiresAt = DateTimeOffset.UtcNow.AddHours(1);
            var (bare, ours) = await PairedTurns.MeasureAsync(
                Logins,
                async round =>
                {
                    if (consumes)
                        await floor.ConsumeStateAsync(fingerprints[round], expiresAt.UtcDateTime);
                    await floor.AddAsync(
                        floors[round],
                        Convert.ToHexString(fingerprints[round], 0, 11),
                        contents[round],
                        fingerprints[round]
                    );
                },
                async round =>
                {
                    string state = Convert.ToHexString(fingerprints[round]);
                    if (!await store.TryConsumeStateAsync(state, expiresAt, default))
                        throw new InvalidOperationException("The state was consumed before.");
                    await store.FindCurrentAsync(grants[round].ClientName, grants[round].Owner, default);
                    await store.AddAsync(grants[round], default);
                }
            );
            Report.Scale($"scale_login p{isPrepared} s{consumes} l{l}", bare, ours);
        }
    }
}
