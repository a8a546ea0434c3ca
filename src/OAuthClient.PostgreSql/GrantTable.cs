using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Accesses the table of grants. Each statement is one round trip.
/// </summary>
/// <remarks>
/// A statement that adds or removes a grant notifies the other nodes with its commit: whether a user is signed in depends on it, also if
/// this node ends in the next moment. A replacement changes only the tokens, and its notification is sent afterwards.
/// </remarks>
internal sealed class GrantTable(
    PostgresCommandExecutor executor,
    string schema,
    ChangeNotificationFormat notifications,
    ChangeNotificationSender sender
)
{
    private readonly string find = $"""
        SELECT id, generation, content FROM "{schema}".{StoreSchema.GrantsTable}
          WHERE client_name = $1 AND owner = $2 ORDER BY position DESC
        """;

    // The statement may be repeated after a lost response: it then updates its own row.
    private readonly string add = $"""
        WITH added AS (
          INSERT INTO "{schema}".{StoreSchema.GrantsTable} AS stored
              (id, client_name, owner, generation, content, dead_at, hint, subject_fingerprint, session_fingerprint)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $11)
          ON CONFLICT (id) DO UPDATE SET updated_at = clock_timestamp() WHERE stored.content = excluded.content RETURNING stored.hint)
        SELECT count(pg_notify($8, $9 || hint)) FROM added
        """;

    private readonly string replace = $"""
        UPDATE "{schema}".{StoreSchema.GrantsTable} SET
          generation = $4, content = $5, dead_at = $6, updated_at = clock_timestamp(), presentation = 0,
          lease_length = NULL, leased_at = NULL, lease_ticket = NULL, lease_holder = NULL, lease_server = NULL
        WHERE id = $1 AND client_name = $2 AND owner = $3 AND generation = $4 - 1
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

    /// <param name="row">The grant.</param>
    /// <param name="deadAt">The time from which the grant cannot be used; <see langword="null"/> if unknown.</param>
    /// <param name="hint">The hint of the owner.</param>
    /// <param name="fingerprints">The fingerprints of the subject and session.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns><see langword="true"/> if the grant was added; <see langword="false"/> if another grant has the same id.</returns>
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
                        .RowKey(row.Key)
                        .Number(row.Key.Generation)
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

    /// <summary>Replaces the previous generation of a grant. Compare-and-set on the generation; the lease is not checked.</summary>
    /// <param name="row">The next generation.</param>
    /// <param name="deadAt">The time from which the grant cannot be used; <see langword="null"/> if unknown.</param>
    /// <param name="hint">The hint of the owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns><see langword="true"/> if the stored generation was the previous one.</returns>
    public async Task<bool> TryReplaceAsync(GrantRow row, DateTimeOffset? deadAt, string hint, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReplaceAsync(row, deadAt, cancellationToken).ConfigureAwait(false))
                return true;
        }
        catch (Exception exception) when (PostgresErrorClassifier.IsOutage(exception) && !cancellationToken.IsCancellationRequested)
        {
            // It is unknown whether the statement ran. The stored generation shows it, so the statement may be repeated.
            switch (await ReadOutcomeAsync(row, cancellationToken).ConfigureAwait(false))
            {
                case Outcome.Replaced:
                    return true;
                case Outcome.Conflict:
                    return false;
                default:
                    if (await ReplaceAsync(row, deadAt, cancellationToken).ConfigureAwait(false))
                        return true;
                    // The first statement was delayed and ran before this one.
                    return await ReadOutcomeAsync(row, cancellationToken).ConfigureAwait(false) == Outcome.Replaced;
            }
        }
        finally
        {
            // After a failure too, because the statement may have been executed.
            sender.Send(hint);
        }
        return false;
    }

    public Task RemoveAsync(GrantRowKey key, CancellationToken cancellationToken) =>
        executor.Priority.ReadOneAsync(
            remove,
            parameters => parameters.RowKey(key).Texts(notifications.Channel, notifications.Sender),
            Count,
            mayRepeat: true,
            cancellationToken
        );

    private async Task<bool> ReplaceAsync(GrantRow row, DateTimeOffset? deadAt, CancellationToken cancellationToken) =>
        await executor
            .Priority.ExecuteAsync(
                replace,
                parameters => parameters.RowKey(row.Key).Number(row.Key.Generation).Bytes(row.Content).Time(deadAt?.UtcDateTime),
                mayRepeat: false,
                cancellationToken
            )
            .ConfigureAwait(false) > 0;

    // The content is encrypted with a random nonce, so equal bytes are those of this call.
    private Task<Outcome> ReadOutcomeAsync(GrantRow row, CancellationToken cancellationToken) =>
        executor.Priority.ReadOneAsync(
            content,
            parameters => parameters.RowKey(row.Key),
            stored =>
                stored.GetInt64(0) is var generation
                && generation == row.Key.Generation
                && stored.GetFieldValue<byte[]>(1).AsSpan().SequenceEqual(row.Content)
                    ? Outcome.Replaced
                : generation == row.Key.Generation - 1 ? Outcome.Unchanged
                : Outcome.Conflict,
            mayRepeat: true,
            cancellationToken
        );

    private static long Count(NpgsqlDataReader row) => row.GetInt64(0);

    private enum Outcome
    {
        Conflict,
        Unchanged,
        Replaced,
    }
}
