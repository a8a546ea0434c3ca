using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>The rows of grants. Each statement is one round trip, and a change tells the other nodes in the same one.</summary>
internal sealed class GrantTable(PostgresCommandExecutor executor, string schema, ChangeNotifications notifications)
{
    private readonly string find = $"""
        SELECT id, generation, content FROM "{schema}".{StoreSchema.GrantsTable}
          WHERE client_name = $1 AND owner = $2 ORDER BY position DESC
        """;

    // Asked again after a lost answer, it finds its own row there.
    private readonly string add = $"""
        WITH added AS (
          INSERT INTO "{schema}".{StoreSchema.GrantsTable} AS stored
              (id, client_name, owner, generation, content, dead_at, hint, subject_fingerprint, session_fingerprint)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $11)
          ON CONFLICT (id) DO UPDATE SET updated_at = clock_timestamp() WHERE stored.content = excluded.content RETURNING stored.hint)
        SELECT count(pg_notify($8, $9 || hint)) FROM added
        """;

    private readonly string replace = $"""
        WITH replaced AS (
          UPDATE "{schema}".{StoreSchema.GrantsTable} SET
            generation = $4, content = $5, dead_at = $6, updated_at = clock_timestamp(), presentation = 0,
            lease_length = NULL, leased_at = NULL, lease_ticket = NULL, lease_holder = NULL, lease_server = NULL
          WHERE id = $1 AND client_name = $2 AND owner = $3 AND generation = $4 - 1 RETURNING hint)
        SELECT count(pg_notify($7, $8 || hint)) FROM replaced
        """;

    private readonly string remove = $"""
        WITH removed AS (DELETE FROM "{schema}".{StoreSchema.GrantsTable} WHERE id = $1 AND client_name = $2 AND owner = $3 RETURNING hint)
        SELECT count(pg_notify($4, $5 || hint)) FROM removed
        """;

    private readonly string content = $"""
        SELECT generation, content FROM "{schema}".{StoreSchema.GrantsTable} WHERE id = $1 AND client_name = $2 AND owner = $3
        """;

    public Task<List<GrantRow>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        string ownerId = GrantRowKey.OwnerIn(owner);
        return executor.ReadAllAsync(
            find,
            parameters => parameters.Texts(clientName, ownerId),
            row => new GrantRow(new(row.GetString(0), clientName, ownerId, row.GetInt64(1)), row.GetFieldValue<byte[]>(2)),
            cancellationToken
        );
    }

    /// <returns>Whether it was added; when not, there is another of that id.</returns>
    /// <param name="row">The grant.</param>
    /// <param name="deadAt">When it is of no use any more, where that is known.</param>
    /// <param name="hint">Whose it is.</param>
    /// <param name="fingerprints">Whose it is at the server.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<bool> AddAsync(
        GrantRow row,
        DateTimeOffset? deadAt,
        string hint,
        GrantFingerprints fingerprints,
        CancellationToken cancellationToken
    ) =>
        await executor
            .Priority.ReadOneAsync(
                add,
                parameters =>
                    parameters
                        .Place(row.Place)
                        .Number(row.Place.Generation)
                        .Bytes(row.Content)
                        .Time(deadAt?.UtcDateTime)
                        .Texts(hint, notifications.Channel, notifications.Sender)
                        .Bytes(fingerprints.Subject)
                        .Bytes(fingerprints.Session),
                Count,
                mayRepeat: true,
                cancellationToken
            )
            .ConfigureAwait(false) > 0;

    /// <returns>Whether the stored generation was the one before, and now is this one.</returns>
    /// <param name="row">The next generation.</param>
    /// <param name="deadAt">When it is of no use any more, where that is known.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<bool> TryReplaceAsync(GrantRow row, DateTimeOffset? deadAt, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReplaceAsync(row, deadAt, cancellationToken).ConfigureAwait(false))
                return true;
        }
        catch (Exception exception) when (PostgresErrorClassifier.IsOutage(exception) && !cancellationToken.IsCancellationRequested)
        {
            // Nobody knows whether it was done. The generation tells, so it may be asked for again.
            switch (await OutcomeAsync(row, cancellationToken).ConfigureAwait(false))
            {
                case Outcome.Ours:
                    return true;
                case Outcome.Another:
                    return false;
                default:
                    if (await ReplaceAsync(row, deadAt, cancellationToken).ConfigureAwait(false))
                        return true;
                    // What was slow and not lost came before this.
                    return await OutcomeAsync(row, cancellationToken).ConfigureAwait(false) == Outcome.Ours;
            }
        }
        return false;
    }

    public Task RemoveAsync(GrantRowKey place, CancellationToken cancellationToken) =>
        executor.Priority.ReadOneAsync(
            remove,
            parameters => parameters.Place(place).Texts(notifications.Channel, notifications.Sender),
            Count,
            mayRepeat: true,
            cancellationToken
        );

    private async Task<bool> ReplaceAsync(GrantRow row, DateTimeOffset? deadAt, CancellationToken cancellationToken) =>
        await executor
            .Priority.ReadOneAsync(
                replace,
                parameters =>
                    parameters
                        .Place(row.Place)
                        .Number(row.Place.Generation)
                        .Bytes(row.Content)
                        .Time(deadAt?.UtcDateTime)
                        .Texts(notifications.Channel, notifications.Sender),
                Count,
                mayRepeat: false,
                cancellationToken
            )
            .ConfigureAwait(false) > 0;

    // Encrypted with a random nonce: the same bytes can only be these.
    private Task<Outcome> OutcomeAsync(GrantRow row, CancellationToken cancellationToken) =>
        executor.Priority.ReadOneAsync(
            content,
            parameters => parameters.Place(row.Place),
            stored =>
                stored.GetInt64(0) is var generation
                && generation == row.Place.Generation
                && stored.GetFieldValue<byte[]>(1).AsSpan().SequenceEqual(row.Content)
                    ? Outcome.Ours
                : generation == row.Place.Generation - 1 ? Outcome.NotYet
                : Outcome.Another,
            mayRepeat: true,
            cancellationToken
        );

    private static long Count(NpgsqlDataReader row) => row.GetInt64(0);

    private enum Outcome
    {
        Another,
        NotYet,
        Ours,
    }
}
