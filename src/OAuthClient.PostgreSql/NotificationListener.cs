using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Keeps one connection of a node open. The node receives notifications on it, and holds an advisory lock that shows other nodes that it is
/// running. The lock ends with the connection, and therefore with the process. After a lost connection the node acquires the same lock
/// again.
/// </summary>
internal sealed class NotificationListener(
    PostgresCommandExecutor executor,
    ChangeNotificationFormat notifications,
    long node,
    TimeProvider time,
    ILogger logger,
    Action<string> received,
    Action connected,
    Action<long> disconnected
) : IAsyncDisposable
{
    private static readonly TimeSpan MaximumDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinimumDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Session? session;
    private Task? running;
    private long lastActiveAt;

    public bool IsConnected => session is not null;

    /// <summary>Gets the exception that closed the connection or prevents it; <see langword="null"/> if the node is connected.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Gets the time at which the node connected, by the database's clock.</summary>
    public DateTime? ConnectedSince => session?.Since;

    /// <summary>Gets the node's id; <see langword="null"/> if other nodes cannot detect its end.</summary>
    public long? Node => session is null ? null : node;

    /// <summary>Starts connecting. The task completes when the first attempt has succeeded or failed.</summary>
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
        ExponentialBackoff? backoff = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var connection = await executor.OpenAsync(stopping.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    var since = await AcquireLockAndListenAsync(connection).ConfigureAwait(false);
                    backoff = null;
                    Begin(since);
                    await ReceiveAsync(connection).ConfigureAwait(false);
                }
            }
            catch (Exception exception)
            {
                if (stopping.IsCancellationRequested)
                    break;
                End(exception);
            }
            // The first attempt after a lost connection is immediate.
            if (backoff is null)
                backoff = new(MinimumDelay, MaximumDelay);
            else
                await DelayAsync(backoff.Next()).ConfigureAwait(false);
        }
        session = null;
        attempted.TrySetResult();
    }

    // The lock is shared, because the server may still hold that of the previous connection if it has not detected its loss.
    private async Task<DateTime> AcquireLockAndListenAsync(NpgsqlConnection connection)
    {
        connection.Notification += (_, notification) =>
        {
            if (notification.Channel != notifications.Channel)
                return;
            foreach (string hint in notifications.FromOthers(notification.Payload))
                received(hint);
        };
        var command = executor.Command(connection, $"SELECT pg_advisory_lock_shared($1), clock_timestamp()");
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Number(node);
            DateTime since;
            var row = await command.ExecuteReaderAsync(stopping.Token).ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                await row.ReadAsync(stopping.Token).ConfigureAwait(false);
                since = row.GetDateTime(1);
            }
            await ExecuteAsync(connection, $"LISTEN \"{notifications.Channel}\"", stopping.Token).ConfigureAwait(false);
            return since;
        }
    }

    private async Task ReceiveAsync(NpgsqlConnection connection)
    {
        try
        {
            while (true)
            {
                lastActiveAt = time.GetTimestamp();
                // No notification arrived for a while. The query detects a lost connection.
                if (!await connection.WaitAsync(ProbeInterval, stopping.Token).ConfigureAwait(false))
                    await ExecuteAsync(connection, "SELECT 1", stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The connection returns to a pool, which may not reset it.
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
        lastActiveAt = time.GetTimestamp();
        connected();
        attempted.TrySetResult();
        Log.Connected(logger);
    }

    private void End(Exception fault)
    {
        Fault = fault;
        bool isFirst = session is not null || !attempted.Task.IsCompleted;
        session = null;
        if (isFirst)
        {
            disconnected(lastActiveAt);
            Log.ConnectionLost(logger, PostgresErrorClassifier.Describe(fault));
        }
        attempted.TrySetResult();
    }

    private async Task DelayAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(RandomIds.Jitter(delay), time, stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The connection is being disposed.
        }
    }

    private sealed record Session(DateTime Since);
}
