using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Sqlite;

/// <summary>
/// Deletes expired rows when the file is opened, and every hour: consumed states that have expired, grants that ended with their sign-in,
/// and grants without a refresh token whose access token has expired. A grant whose refresh token was rejected is kept until its owner
/// authorizes again or it is revoked.
/// </summary>
internal sealed class ExpiredRowCleanup(SqliteDatabase database, FileOrigin origin, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan GrantMargin = TimeSpan.FromDays(1);

    private readonly Lock runs = new();
    private ITimer? timer;
    private Task running = Task.CompletedTask;
    private bool isDisposed;

    public void Start() =>
        timer ??= BackgroundWork.CreateTimer(time, static self => ((ExpiredRowCleanup)self!).Begin(), this, Interval, Interval);

    /// <summary>Deletes expired rows, within a transaction.</summary>
    /// <returns>The number of deleted rows.</returns>
    public int Delete(SqliteConnection connection)
    {
        var now = time.GetUtcNow();
        return connection.Execute("DELETE FROM used_states WHERE expires_at <= $1", now.ToUnixTimeMilliseconds())
            + connection.Execute("DELETE FROM grants WHERE dead_at <= $1", (now - GrantMargin).ToUnixTimeMilliseconds());
    }

    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (runs)
        {
            isDisposed = true;
            timer?.Dispose();
            last = running;
        }
        await last.ConfigureAwait(false);
    }

    private void Begin()
    {
        lock (runs)
        {
            if (!isDisposed && running.IsCompleted)
                running = BackgroundWork.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await database
                .WriteAsync(
                    connection =>
                    {
                        origin.Renew(connection);
                        return Delete(connection);
                    },
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        }
        catch (OAuthException exception)
        {
            Log.CleanUpFailed(logger, exception.Message);
        }
    }
}
