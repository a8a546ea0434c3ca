using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>What goes wrong outside the server: processes that stop for longer than a lease, and a database that is restarted.</summary>
internal static class Torments
{
    // Two at a time are stopped at most: those that are left must be enough to notice.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(10);

    /// <returns>How long the database was away each time, and the end of the last stop.</returns>
    public static async Task<(IReadOnlyList<TimeSpan> Outages, Task LastStop)> InflictAsync(Fleet fleet, PostgresCluster cluster, TimeSpan length)
    {
        var time = TimeProvider.System;
        long began = time.GetTimestamp();
        List<Task> stops = [];
        List<TimeSpan> outages = [];
        while (time.GetElapsedTime(began) < length)
        {
            if (time.GetElapsedTime(began) + Between < length)
                stops.Add(fleet.StopOneAsync(LongerThanALease));
            await Task.Delay(Between, time);
            // In order, and as a crash.
            if (time.GetElapsedTime(began) > length * (outages.Count + 1) / 4 && outages.Count < 2)
            {
                long away = time.GetTimestamp();
                await cluster.RestartServerAsync(immediately: outages.Count == 1);
                outages.Add(time.GetElapsedTime(away));
            }
        }
        return (outages, Task.WhenAll(stops));
    }
}
