using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>
/// Injects faults outside the server: processes that are suspended for longer than a lease, and restarts of the database.
/// </summary>
internal static class ExternalFaults
{
    // At most two nodes are suspended at a time, so that the others can detect the expired lease.
    private static readonly TimeSpan FaultInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SuspensionTime = TimeSpan.FromSeconds(10);

    /// <param name="fleet">The nodes.</param>
    /// <param name="cluster">The database.</param>
    /// <param name="length">The duration of the fault injection.</param>
    /// <param name="outages">Receives the intervals in which the database was unavailable.</param>
    /// <returns>A task that completes when the last node is resumed.</returns>
    public static async Task<Task> InjectAsync(Fleet fleet, PostgresCluster cluster, TimeSpan length, List<Stall> outages)
    {
        var time = TimeProvider.System;
        long began = time.GetTimestamp();
        List<Task> stops = [];
        while (time.GetElapsedTime(began) < length)
        {
            if (time.GetElapsedTime(began) + FaultInterval < length)
                stops.Add(fleet.SuspendOneAsync(SuspensionTime));
            await Task.Delay(FaultInterval, time);
            // The first restart is orderly, the second is a crash.
            if (time.GetElapsedTime(began) > length * (outages.Count + 1) / 4 && outages.Count < 2)
            {
                var outageStart = time.GetUtcNow();
                await cluster.RestartServerAsync(immediately: outages.Count == 1);
                outages.Add(new(Stall.Database, outageStart, time.GetUtcNow()));
            }
        }
        return Task.WhenAll(stops);
    }
}
