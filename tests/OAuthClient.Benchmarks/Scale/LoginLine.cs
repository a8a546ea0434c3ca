using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures what a login asks of the store: its state is consumed, the owner's other grants are found, and the grant is added. The floor
/// consumes the state too, in a statement of its own, because the code is redeemed between the two.
/// </summary>
internal static class LoginLine
{
    private const int Logins = 500;

    public static async Task MeasureAsync(ScaleDatabase database)
    {
        await using var listeners = await database.ListenAsync();
        await using var node = database.StartNode();
        await using var floor = new BareStatements(database);
        var store = node.GetRequiredService<IGrantStore>();
        var grants = database.New(PairedTurns.Rounds(Logins));
        var floors = database.New(grants.Length);
        byte[][] contents = [.. floors.Select(BareStatements.ContentOf)];
        byte[][] fingerprints = [.. floors.Select(_ => RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes))];
        var expiresAt = DateTimeOffset.UtcNow.AddHours(1);
        var (bare, ours) = await PairedTurns.MeasureAsync(
            Logins,
            async round =>
            {
                await floor.ConsumeStateAsync(fingerprints[round], expiresAt.UtcDateTime);
                await floor.AddAsync(floors[round], contents[round], fingerprints[round]);
            },
            async round =>
            {
                if (!await store.TryConsumeStateAsync(Convert.ToHexString(fingerprints[round]), expiresAt, default))
                    throw new InvalidOperationException("The state was consumed before.");
                await store.FindCurrentAsync(grants[round].ClientName, grants[round].Owner, default);
                await store.AddAsync(grants[round], default);
            }
        );
        Report.Scale("scale_login", bare, ours);
    }
}
