using System.Globalization;

namespace OAuthClient.PostgreSql;

/// <summary>The leases that lie in the rows of grants, all by the database's clock.</summary>
internal sealed class LeaseTable(PostgresCommandExecutor executor, string schema, ChangeNotifications notifications)
{
    // The fence is not among them: it only grows.
    private const string Ended = "lease_length = NULL, leased_at = NULL, lease_ticket = NULL, lease_holder = NULL, lease_server = NULL";

    private readonly string take = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        WITH taken AS (
          UPDATE "{schema}".{StoreSchema.GrantsTable} SET
            fence = CASE WHEN lease_length IS NOT NULL AND lease_ticket = $8 THEN fence ELSE {NextFence("$8")} END,
            -- Whoever held it neither saved nor ended it: what it did with the refresh token is not known, unless it was of no use before.
            presentation = CASE WHEN lease_length IS NULL OR fence = $6 OR lease_ticket = $8 THEN presentation ELSE greatest(presentation, {(int)
            RefreshTokenStatus.Unknown}) END,
            lease_length = $5, leased_at = clock_timestamp(), lease_ticket = $8, lease_holder = $7, lease_server = pg_postmaster_start_time()
          WHERE id = $1 AND client_name = $2 AND owner = $3 AND generation = $4
            AND CASE
              WHEN lease_length IS NULL OR fence = $6 OR lease_ticket = $8 OR ({End("$9")}) <= clock_timestamp() THEN true
              WHEN fence = $10 THEN {HolderIsGone}
              ELSE false END
          RETURNING generation, content, fence, presentation)
        SELECT true, generation, content, fence, presentation FROM taken
        UNION ALL
        SELECT false, generation, content, fence, presentation FROM "{schema}".{StoreSchema.GrantsTable}
        WHERE id = $1 AND client_name = $2 AND owner = $3 AND NOT EXISTS (SELECT FROM taken)
        """
    );

    private readonly string end = $"""
        WITH ended AS (
          UPDATE "{schema}".{StoreSchema.GrantsTable} SET presentation = $4, {Ended}
          WHERE id = $1 AND generation = $2 AND fence = $3 AND lease_length IS NOT NULL RETURNING hint)
        SELECT hint, count(pg_notify($5, $6 || hint)) FROM ended GROUP BY hint
        """;

    private readonly string look = $"""
        SELECT generation, fence, ({End("$4")}) - clock_timestamp(), {HolderIsGone}
        FROM "{schema}".{StoreSchema.GrantsTable} WHERE id = $1 AND client_name = $2 AND owner = $3
        """;

    // It grows, and ends in chance: a standby that took over without having heard of the last lease must not give its number again, and its
    // first holder be taken for the second. Also when it is prolonged: an end that was sent for the old one, and comes late, ends nothing.
    private static string NextFence(string ticket) => $"((((fence >> 20) + 1) << 20) | ({ticket} & 1048575))";

    // The lock goes with its holder's connection; but all locks go with the server, and then their absence proves nothing.
    private const string HolderIsGone = """
        (lease_holder IS NOT NULL AND lease_server = pg_postmaster_start_time() AND NOT EXISTS (
          SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
            AND classid = (lease_holder >> 32)::oid AND objid = (lease_holder & 4294967295)::oid))
        """;

    // After a restart or a failover a lease goes on for at least 2 seconds after the node that asks was connected: its holder may have
    // the server's answer in its memory, and can save it first. More would be at the cost of a server's grace period.
    private static string End(string connectedSince) =>
        $"""
            CASE WHEN lease_length IS NULL THEN NULL
              WHEN lease_server = pg_postmaster_start_time() THEN leased_at + lease_length
              ELSE greatest(leased_at + lease_length, greatest(pg_postmaster_start_time(), {connectedSince}) + least(lease_length, interval '2 seconds')) END
            """;

    public Task<LeaseRow?> TryTakeAsync(
        GrantRowKey seen,
        RefreshLease? held,
        TimeSpan length,
        LeaseRequest request,
        CancellationToken cancellationToken
    ) =>
        executor.ReadOneAsync(
            take,
            parameters =>
                parameters
                    .Place(seen)
                    .Number(seen.Generation)
                    .Length(length)
                    .Number(held?.Fence)
                    .Number(request.Node)
                    .Number(request.Ticket)
                    .Time(request.ConnectedSince)
                    .Number(request.DeadFence),
            row => new LeaseRow(
                row.GetBoolean(0),
                new(seen with { Generation = row.GetInt64(1) }, row.GetFieldValue<byte[]>(2)),
                row.GetInt64(3),
                (RefreshTokenStatus)row.GetInt16(4)
            ),
            mayRepeat: true,
            cancellationToken
        );

    /// <returns>Whose grant's lease was ended; <see langword="null"/> when none was.</returns>
    /// <param name="lease">The lease.</param>
    /// <param name="status">What is known of the refresh token now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<string?> EndAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        executor.Priority.ReadOneAsync(
            end,
            parameters =>
                parameters
                    .Texts(lease.GrantId)
                    .Number(lease.Generation)
                    .Number(lease.Fence)
                    .Number((long)status)
                    .Texts(notifications.Channel, notifications.Sender),
            static row => row.GetString(0),
            mayRepeat: true,
            cancellationToken
        );

    public Task<LeaseSnapshot?> LookAsync(GrantRowKey seen, DateTime? connectedSince, CancellationToken cancellationToken) =>
        executor.ReadOneAsync(
            look,
            parameters => parameters.Place(seen).Time(connectedSince),
            static row => new LeaseSnapshot(
                row.GetInt64(0),
                row.GetInt64(1),
                row.IsDBNull(2) ? null : row.GetTimeSpan(2),
                row.GetBoolean(3)
            ),
            mayRepeat: true,
            cancellationToken
        );
}
