using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>What goes wrong outside the server: processes that stop for longer than a lease, and a database that is restarted.</summary>
internal static class Torments
{
    // Two at a time are stopped at most: those that are left must be enough to notice.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(10);

    /// <param name="fleet">The nodes.</param>
    /// <param name="cluster">The database.</param>
    /// <param name="length">How long the torments last.</param>
    /// <param name="outages">Receives the intervals in which the database was away.</param>
    /// <returns>The end of the last stop.</returns>
    public static async Task<Task> InflictAsync(Fleet fleet, PostgresCluster cluster, TimeSpan length, List<Stall> outages)
    {
        var time = TimeProvider.System;
        long began = time.GetTimestamp();
        List<Task> stops = [];
        while (time.GetElapsedTime(began) < length)
        {
            if (time.GetElapsedTime(began) + Between < length)
                stops.Add(fleet.StopOneAsync(LongerThanALease));
            await Task.Delay(Between, time);
            // In order, and as a crash.
            if (time.GetElapsedTime(began) > length * (outages.Count + 1) / 4 && outages.Count < 2)
            {
                var away = time.GetUtcNow();
                await cluster.RestartServerAsync(immediately: outages.Count == 1);
                outages.Add(new(Stall.Database, away, time.GetUtcNow()));
            }
        }
        return Task.WhenAll(stops);
    }
}
