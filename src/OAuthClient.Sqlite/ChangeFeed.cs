using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>
/// Polls the version of the data, and reads the changes by other processes when it differs. While the store is not used, nothing is polled:
/// the cache is told that the feed is disconnected, and its next read connects the feed again.
/// </summary>
internal sealed class ChangeFeed(SqliteDatabase database, ChangeTable changes, TimeProvider time) : IAsyncDisposable
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stopping = new();
    private readonly Lock runs = new();
    private Action<string>? changed;
    private Action? connected;
    private Action<TimeSpan>? disconnected;
    private TaskCompletionSource? attempted;
    private Task running = Task.CompletedTask;
    private long usedAt;
    private long connectedAt;
    private long version;
    private long last;
    private bool isConnected;

    public void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected)
    {
        lock (runs)
        {
            (this.changed, this.connected, this.disconnected) = (changed, connected, disconnected);
            if (isConnected)
                connected();
        }
    }

    /// <summary>Records that the store is in use.</summary>
    public void MarkUsed() => Interlocked.Exchange(ref usedAt, time.GetTimestamp());

    /// <summary>Starts polling if it does not run. The task completes when the feed has connected or failed to.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        MarkUsed();
        lock (runs)
        {
            if (attempted is null && !stopping.IsCancellationRequested)
            {
                attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
                running = BackgroundWork.Run(RunAsync);
            }
            return attempted?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        Task stopped;
        lock (runs)
            stopped = running;
        await stopped.ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        do
        {
            await PollAsync().ConfigureAwait(false);
            attempted!.TrySetResult();
            await Task.Delay(Interval, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        } while (!EndIfUnused());
    }

    private bool EndIfUnused()
    {
        lock (runs)
        {
            if (!stopping.IsCancellationRequested && time.GetElapsedTime(Interlocked.Read(ref usedAt)) < IdleAfter)
                return false;
            if (!stopping.IsCancellationRequested)
                Disconnect();
            attempted = null;
            return true;
        }
    }

    private async Task PollAsync()
    {
        try
        {
            var keys = await database.ReadAsync(Read, stopping.Token).ConfigureAwait(false);
            lock (runs)
            {
                connectedAt = time.GetTimestamp();
                if (keys is null)
                {
                    isConnected = true;
                    connected?.Invoke();
                }
                foreach (string key in keys ?? [])
                    changed?.Invoke(key);
            }
        }
        catch (Exception)
        {
            // The operations of the store report the failure.
            lock (runs)
                Disconnect();
        }
    }

    /// <returns>The keys of owners with changes; <see langword="null"/> if the feed was not connected or missed changes.</returns>
    private List<string>? Read(SqliteConnection connection)
    {
        // Changes by this connection do not change the version.
        long current = connection.Number("PRAGMA data_version");
        if (isConnected && current == version)
            return [];
        // Before the changes are read: one that is committed in between changes the version again.
        version = current;
        long newest = ChangeTable.Last(connection);
        var keys = isConnected ? changes.Read(connection, last) : null;
        last = newest;
        return keys;
    }

    private void Disconnect()
    {
        if (!isConnected)
            return;
        isConnected = false;
        disconnected?.Invoke(time.GetElapsedTime(connectedAt));
    }
}
