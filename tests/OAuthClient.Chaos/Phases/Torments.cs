using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>What goes wrong outside the server: processes that stop for longer than a lease, and a database that is restarted.</summary>
internal static class Torments
{
    // Two at a time are stopped at most: those that are left must be enough to notice.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(10);

    /// <returns>How often the database was restarted, and the end of the last stop.</returns>
    public static async Task<(int Restarts, Task LastStop)> InflictAsync(Fleet fleet, PostgresCluster cluster, TimeSpan length)
    {
        var time = TimeProvider.System;
        long began = time.GetTimestamp();
        List<Task> stops = [];
        int restarts = 0;
        while (time.GetElapsedTime(began) < length)
        {
            if (time.GetElapsedTime(began) + Between < length)
                stops.Add(fleet.StopOneAsync(LongerThanALease));
            await Task.Delay(Between, time);
            // In order, and as a crash.
            if (time.GetElapsedTime(began) > length * (restarts + 1) / 4 && restarts < 2)
                await cluster.RestartServerAsync(immediately: restarts++ == 1);
        }
        return (restarts, Task.WhenAll(stops));
    }
}
