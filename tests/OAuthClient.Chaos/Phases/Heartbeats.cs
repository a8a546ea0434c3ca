using System.Collections.Concurrent;
using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>What measures the stalls of the rig's own process and of the database. Each node measures its own and reports them.</summary>
internal sealed class Heartbeats : IAsyncDisposable
{
    private readonly ConcurrentQueue<Stall> stalls = [];
    private readonly Heartbeat rig;
    private readonly DatabaseHeartbeat database;
    private readonly CancellationTokenSource ended = new();
    private readonly Task watching;

    private Heartbeats(PostgresCluster cluster)
    {
        rig = Heartbeat.Start(Stall.Rig, stalls.Enqueue);
        database = DatabaseHeartbeat.Start(cluster.ConnectionString);
        watching = WatchSessionsAsync(cluster);
    }

    public static Heartbeats Start(PostgresCluster cluster) => new(cluster);

    /// <summary>The stalls that ended after a moment.</summary>
    public IEnumerable<Stall> Since(DateTimeOffset from) => stalls.Concat(database.Stalls).Where(stall => stall.To > from);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await watching;
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
            // The rig is just stopping the server.
            return [];
        }
    }
}
