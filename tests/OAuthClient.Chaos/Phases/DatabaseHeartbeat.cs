using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>
/// A session of PostgreSQL that sleeps repeatedly and reports how late it woke up. The time is measured inside the server, so that a
/// delay of the rig does not count as one of the database.
/// </summary>
internal sealed class DatabaseHeartbeat : IAsyncDisposable
{
    private static readonly TimeSpan Reconnect = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentQueue<Stall> stalls = [];
    private readonly Task task;

    private DatabaseHeartbeat(string connectionString) => task = BeatAsync(connectionString + ";Pooling=false", ended.Token);

    public IReadOnlyCollection<Stall> Stalls => stalls;

    // Each iteration is its own transaction: a long one would keep the database from removing old rows.
    private static string Statement =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            DO $$
            DECLARE
                last timestamptz := clock_timestamp();
                beat timestamptz;
            BEGIN
                LOOP
                    PERFORM pg_sleep({Heartbeat.Interval.TotalSeconds});
                    beat := clock_timestamp();
                    IF beat - last >= interval '{(Heartbeat.Interval + Heartbeat.Resolution).TotalMilliseconds} ms' THEN
                        RAISE NOTICE '% %', extract(epoch FROM last), extract(epoch FROM beat);
                    END IF;
                    last := beat;
                    COMMIT;
                END LOOP;
            END $$
            """
        );

    public static DatabaseHeartbeat Start(string connectionString) => new(connectionString);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await task;
        ended.Dispose();
    }

    private async Task BeatAsync(string connectionString, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = new(connectionString);
                await connection.OpenAsync(end);
                connection.Notice += (_, notice) => Record(notice.Notice.MessageText);
                await using NpgsqlCommand command = new(Statement, connection) { CommandTimeout = 0 };
                await command.ExecuteNonQueryAsync(end);
            }
            catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException or IOException or TimeoutException)
            {
                // The rig restarts the server while it injects faults.
                await Task.Delay(Reconnect, TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private void Record(string beats)
    {
        string[] times = beats.Split(' ');
        stalls.Enqueue(new Stall(Stall.Database, Time(times[0]) + Heartbeat.Interval, Time(times[1])));
    }

    private static DateTimeOffset Time(string epoch) =>
        DateTimeOffset.UnixEpoch + TimeSpan.FromTicks((long)(decimal.Parse(epoch, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond));
}
