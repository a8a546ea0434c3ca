using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Executes statements, each in one round trip on a pooled connection. The number of concurrent statements is limited, so that connections
/// stay available to <see cref="Priority"/>: a refreshed grant must be saved before its lease expires.
/// </summary>
internal sealed class PostgresCommandExecutor
{
    // More concurrent statements make a busy server slower. The other half of the connections is left to priority statements.
    private const int MaximumConcurrency = 16;

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
            new SemaphoreSlim(Math.Clamp(new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxPoolSize / 2, 1, MaximumConcurrency))
        )
    {
        Priority = new(source, schema, commandTimeout, health, limiter: null);
    }

    private PostgresCommandExecutor(
        NpgsqlDataSource source,
        string schema,
        TimeSpan commandTimeout,
        DatabaseHealth health,
        SemaphoreSlim? limiter
    )
    {
        (this.source, this.schema, CommandTimeout, this.health, this.concurrencyLimiter) = (
            source,
            schema,
            commandTimeout,
            health,
            limiter
        );
        Priority = this;
    }

    public TimeSpan CommandTimeout { get; }

    /// <summary>Gets an executor without the limit of concurrent statements.</summary>
    public PostgresCommandExecutor Priority { get; }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => source.OpenConnectionAsync(cancellationToken);

    public NpgsqlCommand Command(NpgsqlConnection connection, string sql) =>
        new(sql, connection) { CommandTimeout = (int)CommandTimeout.TotalSeconds };

    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Adds the parameters.</param>
    /// <param name="mayRepeat">Whether the statement may be repeated if the connection was lost during its execution.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The number of changed rows.</returns>
    public Task<int> ExecuteAsync(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        bool mayRepeat,
        CancellationToken cancellationToken
    ) => RunAsync(sql, parameters, static (command, cancel) => command.ExecuteNonQueryAsync(cancel), mayRepeat, cancellationToken);

    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Adds the parameters.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="mayRepeat">Whether the statement may be repeated if the connection was lost during its execution.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The result of <paramref name="read"/> for the first row; the default if there is no row.</returns>
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
    /// <param name="parameters">Adds the parameters.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
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

    // Every statement is executed here, so its outcome is recorded and translated in one place.
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
            var result = await RunLimitedAsync(sql, parameters, run, mayRepeat, cancellationToken).ConfigureAwait(false);
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

    private async Task<T> RunLimitedAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> run,
        bool mayRepeat,
        CancellationToken cancellationToken
    )
    {
        if (concurrencyLimiter is null)
            return await RunWithRetryAsync(sql, parameters, run, mayRepeat, cancellationToken).ConfigureAwait(false);
        if (!await concurrencyLimiter.WaitAsync(CommandTimeout, cancellationToken).ConfigureAwait(false))
            throw new NpgsqlException(
                "The grant store is overloaded: the statement could not start within CommandTimeout. Check the load of the database.",
                new TimeoutException()
            );
        try
        {
            return await RunWithRetryAsync(sql, parameters, run, mayRepeat, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            concurrencyLimiter.Release();
        }
    }

    private async Task<T> RunWithRetryAsync<T>(
        string sql,
        Action<NpgsqlParameterCollection> parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> run,
        bool mayRepeat,
        CancellationToken cancellationToken
    )
    {
        for (bool isRetry = false; ; isRetry = true)
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
                    catch (NpgsqlException exception) when (mayRepeat && !isRetry && PostgresErrorClassifier.IsConnectionLost(exception))
                    {
                        // A pooled connection may have been closed while it was idle, for example by a restart of the server.
                    }
                }
            }
        }
    }
}
