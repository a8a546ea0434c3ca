using System.Collections.Concurrent;
using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>Measures the stalls of the rig's own process and of the database. Each node measures and reports its own.</summary>
internal sealed class Heartbeats : IAsyncDisposable
{
    private readonly ConcurrentQueue<Stall> stalls = [];
    private readonly Heartbeat rig;
    private readonly DatabaseHeartbeat database;
    private readonly CancellationTokenSource ended = new();
    private readonly Task task;

    private Heartbeats(PostgresCluster cluster)
    {
        rig = Heartbeat.Start(Stall.Rig, stalls.Enqueue);
        database = DatabaseHeartbeat.Start(cluster.ConnectionString);
        task = WatchSessionsAsync(cluster);
    }

    public static Heartbeats Start(PostgresCluster cluster) => new(cluster);

    /// <summary>Returns the stalls that ended after a given time.</summary>
    public IEnumerable<Stall> Since(DateTimeOffset from) => stalls.Concat(database.Stalls).Where(stall => stall.To > from);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await task;
        rig.Dispose();
        await database.DisposeAsync();
        ended.Dispose();
    }

    private async Task WatchSessionsAsync(PostgresCluster cluster)
    {
        RunDelay delay = new();
        using PeriodicTimer timer = new(RunDelay.Interval, TimeProvider.System);
        while (!ended.IsCancellationRequested)
        {
            if (RunDelay.Measure(Stall.Database, delay.Read(Sessions(cluster)), TimeProvider.System.GetUtcNow()) is { } wait)
                stalls.Enqueue(wait);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static IReadOnlyList<string> Sessions(PostgresCluster cluster)
    {
        try
        {
            return OperatingSystem.IsLinux() && cluster.IsRunning ? [.. RunDelay.Children(cluster.ProcessId)] : [];
        }
        catch (InvalidOperationException)
        {
            // The rig is stopping the server.
            return [];
        }
    }
}
