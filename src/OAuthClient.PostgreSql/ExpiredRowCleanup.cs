using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Deletes expired rows about every hour, on one node at a time and in small batches: consumed states that have expired, grants that ended
/// with their sign-in, and grants without a refresh token whose access token has expired. A margin allows for the clock differences of
/// nodes. A grant whose refresh token was rejected is kept until its owner authorizes again or it is revoked.
/// </summary>
internal sealed class ExpiredRowCleanup(PostgresCommandExecutor executor, string schema, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    internal const int Batch = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly string[] statements =
    [
        Statement(schema, "used_states", "expires_at", "1 hour"),
        Statement(schema, StoreSchema.GrantsTable, "dead_at", "1 day"),
    ];
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock runs = new();
    private ITimer? timer;
    private Task running = Task.CompletedTask;

    public void Start() =>
        timer ??= BackgroundWork.CreateTimer(
            time,
            static self => ((ExpiredRowCleanup)self!).Begin(),
            this,
            RandomIds.Jitter(Interval),
            Timeout.InfiniteTimeSpan
        );

    /// <returns>The number of deleted rows.</returns>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        int deleted = 0;
        foreach (string statement in statements)
        {
            int batch;
            do
            {
                batch = await executor.ExecuteAsync(statement, static _ => { }, mayRepeat: true, cancellationToken).ConfigureAwait(false);
                deleted += batch;
            } while (batch == Batch);
        }
        return deleted;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        Task last;
        lock (runs)
        {
            timer?.Dispose();
            last = running;
        }
        await last.ConfigureAwait(false);
        stopping.Dispose();
    }

    private void Begin()
    {
        lock (runs)
        {
            if (!stopping.IsCancellationRequested)
                running = BackgroundWork.Run(RunAndScheduleAsync);
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "No caller awaits the task, and the next run retries."
    )]
    private async Task RunAndScheduleAsync()
    {
        try
        {
            await RunAsync(stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            Log.CleanUpFailed(logger, exception.GetType().Name);
        }
        lock (runs)
        {
            if (!stopping.IsCancellationRequested)
                timer!.Change(RandomIds.Jitter(Interval), Timeout.InfiniteTimeSpan);
        }
    }

    private static string Statement(string schema, string table, string column, string margin) =>
        $"""
            DELETE FROM "{schema}".{table} WHERE ctid = ANY (ARRAY(
              SELECT ctid FROM "{schema}".{table}
              WHERE {column} < clock_timestamp() - interval '{margin}'
                AND (SELECT pg_try_advisory_xact_lock(hashtextextended('oauthclient clean-up {schema}', 0)))
              LIMIT {Batch} FOR UPDATE SKIP LOCKED))
            """;
}
