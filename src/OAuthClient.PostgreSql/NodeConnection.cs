using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// The one connection a node keeps: it hears of changes there, and holds an advisory lock that shows the others that it lives. The
/// lock goes with the connection, and so with the process. A node that lost its connection takes the same lock again at once.
/// </summary>
internal sealed class NodeConnection(
    PostgresCommandExecutor executor,
    ChangeNotifications notifications,
    long node,
    TimeProvider time,
    ILogger logger,
    Action<string> changed,
    Action connected,
    Action<long> disconnected
) : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Session? session;
    private Task? running;
    private long lastHeardAt;

    public bool IsConnected => session is not null;

    /// <summary>What ended the connection, or keeps it from being made.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Since when it is connected, by the database's clock.</summary>
    public DateTime? ConnectedSince => session?.Since;

    /// <summary>The node's id, while others would notice its death.</summary>
    public long? Node => session is null ? null : node;

    /// <summary>Ends when it is connected, or connecting has failed for the first time.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        running ??= BackgroundWork.Run(RunAsync);
        return attempted.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        if (running is not null)
            await running.ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = TimeSpan.Zero;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var connection = await executor.OpenAsync(stopping.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    var since = await EnterAsync(connection).ConfigureAwait(false);
                    pause = TimeSpan.Zero;
                    Begin(since);
                    await ListenAsync(connection).ConfigureAwait(false);
                }
            }
            catch (Exception exception)
            {
                if (stopping.IsCancellationRequested)
                    break;
                End(exception);
            }
            await PauseAsync(pause).ConfigureAwait(false);
            pause =
                pause == TimeSpan.Zero ? ShortestPause
                : pause * 2 < LongestPause ? pause * 2
                : LongestPause;
        }
        session = null;
        attempted.TrySetResult();
    }

    // Shared: the server may not have noticed yet that the last connection is gone, and still keep its lock.
    private async Task<DateTime> EnterAsync(NpgsqlConnection connection)
    {
        connection.Notification += (_, notification) =>
        {
            if (notification.Channel == notifications.Channel && notifications.FromOthers(notification.Payload) is { } hint)
                changed(hint);
        };
        var enter = executor.Command(connection, $"SELECT pg_advisory_lock_shared($1), clock_timestamp()");
        await using (enter.ConfigureAwait(false))
        {
            enter.Parameters.Number(node);
            DateTime since;
            var row = await enter.ExecuteReaderAsync(stopping.Token).ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                await row.ReadAsync(stopping.Token).ConfigureAwait(false);
                since = row.GetDateTime(1);
            }
            await ExecuteAsync(connection, $"LISTEN \"{notifications.Channel}\"", stopping.Token).ConfigureAwait(false);
            return since;
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection)
    {
        try
        {
            while (true)
            {
                lastHeardAt = time.GetTimestamp();
                // Nothing heard for a while: is there still a server?
                if (!await connection.WaitAsync(ProbeEvery, stopping.Token).ConfigureAwait(false))
                    await ExecuteAsync(connection, "SELECT 1", stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It goes back to a pool, which need not reset it.
            await ExecuteAsync(connection, "UNLISTEN *; SELECT pg_advisory_unlock_all()", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = executor.Command(connection, sql);
        await using (command.ConfigureAwait(false))
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Begin(DateTime since)
    {
        Fault = null;
        session = new(since);
        lastHeardAt = time.GetTimestamp();
        connected();
        attempted.TrySetResult();
        Log.Connected(logger);
    }

    private void End(Exception fault)
    {
        Fault = fault;
        bool first = session is not null || !attempted.Task.IsCompleted;
        session = null;
        if (first)
        {
            disconnected(lastHeardAt);
            Log.ConnectionLost(logger, PostgresErrorClassifier.Describe(fault));
        }
        attempted.TrySetResult();
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        if (pause == TimeSpan.Zero || stopping.IsCancellationRequested)
            return;
        try
        {
            await Task.Delay(RandomIds.Jitter(pause), time, stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private sealed record Session(DateTime Since);
}
