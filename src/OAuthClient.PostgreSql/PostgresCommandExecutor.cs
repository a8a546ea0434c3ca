using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Statements, each one round trip on a connection that goes back at once. Only so many run at a time, which keeps connections free for
/// those that must not wait behind the others: what a spent refresh token brought has to be saved before its lease is over.
/// </summary>
internal sealed class PostgresCommandExecutor
{
    // More at once make a busy server slower, not quicker.
    private const int MostAtOnce = 16;

    // One to listen on, and two to save.
    private const int KeptFree = 3;

    private readonly NpgsqlDataSource source;
    private readonly string schema;
    private readonly DatabaseHealth health;
    private readonly SemaphoreSlim? concurrencyLimiter;

    public PostgresCommandExecutor(NpgsqlDataSource source, string schema, TimeSpan commandTimeout, DatabaseHealth health)
        : this(
            source,
            schema,
            commandTimeout,
            health,
            new SemaphoreSlim(Math.Clamp(new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxPoolSize - KeptFree, 1, MostAtOnce))
        )
    {
        Priority = new(source, schema, commandTimeout, health, lane: null);
    }

    private PostgresCommandExecutor(
        NpgsqlDataSource source,
        string schema,
        TimeSpan commandTimeout,
        DatabaseHealth health,
        SemaphoreSlim? lane
    )
    {
        (this.source, this.schema, CommandTimeout, this.health, this.concurrencyLimiter) = (source, schema, commandTimeout, health, lane);
        Priority = this;
    }

    public TimeSpan CommandTimeout { get; }

    /// <summary>The same, for what must not wait behind the others.</summary>
    public PostgresCommandExecutor Priority { get; }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => source.OpenConnectionAsync(cancellationToken);

    public NpgsqlCommand Command(NpgsqlConnection connection, string sql) =>
        new(sql, connection) { CommandTimeout = (int)CommandTimeout.TotalSeconds };

    /// <returns>How many rows were changed.</returns>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Adds its parameters.</param>
    /// <param name="mayRepeat">Whether it may be run again when the connection broke and nobody knows whether it was run.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<int> ExecuteAsync(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        bool mayRepeat,
        CancellationToken cancellationToken
    ) => RunAsync(sql, parameters, static (command, cancel) => command.ExecuteNonQueryAsync(cancel), mayRepeat, cancellationToken);

    /// <returns>What was read from the first row; the default when there is none.</returns>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Adds its parameters.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="mayRepeat">Whether it may be run again when the connection broke and nobody knows whether it was run.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<T?> ReadOneAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlDataReader, T> read,
        bool mayRepeat,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            sql,
            parameters,
            async (command, cancel) =>
            {
                var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                    return await rows.ReadAsync(cancel).ConfigureAwait(false) ? read(rows) : default;
            },
            mayRepeat,
            cancellationToken
        );

    /// <param name="sql">The query.</param>
    /// <param name="parameters">Adds its parameters.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<List<T>> ReadAllAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            sql,
            parameters,
            async (command, cancel) =>
            {
                var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                {
                    List<T> all = [];
                    while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                        all.Add(read(rows));
                    return all;
                }
            },
            mayRepeat: true,
            cancellationToken
        );

    // Every statement passes here: the one place where its outcome is judged.
    private async Task<T> RunAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> run,
        bool mayRepeat,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var result = await RunInTurnAsync(sql, parameters, run, mayRepeat, cancellationToken).ConfigureAwait(false);
            health.Succeeded(sql);
            return result;
        }
        catch (Exception exception)
        {
            health.Failed(sql, exception);
            if (PostgresErrorClassifier.Translate(exception, schema) is { } translated)
                throw translated;
            throw;
        }
    }

    private async Task<T> RunInTurnAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> run,
        bool mayRepeat,
        CancellationToken cancellationToken
    )
    {
        if (concurrencyLimiter is null)
            return await RunNowAsync(sql, parameters, run, mayRepeat, cancellationToken).ConfigureAwait(false);
        if (!await concurrencyLimiter.WaitAsync(CommandTimeout, cancellationToken).ConfigureAwait(false))
            throw new NpgsqlException(
                "The database is too slow for what is asked of it: no statement could be begun in time.",
                new TimeoutException()
            );
        try
        {
            return await RunNowAsync(sql, parameters, run, mayRepeat, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            concurrencyLimiter.Release();
        }
    }

    private async Task<T> RunNowAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> run,
        bool mayRepeat,
        CancellationToken cancellationToken
    )
    {
        for (bool again = false; ; again = true)
        {
            var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var command = Command(connection, sql);
                await using (command.ConfigureAwait(false))
                {
                    parameters(command.Parameters);
                    try
                    {
                        return await run(command, cancellationToken).ConfigureAwait(false);
                    }
                    catch (NpgsqlException exception) when (mayRepeat && !again && PostgresErrorClassifier.IsConnectionLost(exception))
                    {
                        // A pooled connection may have died while it lay idle, with a restart of the server for instance.
                    }
                }
            }
        }
    }
}
