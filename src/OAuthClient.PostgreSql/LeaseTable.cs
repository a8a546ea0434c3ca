using System.Globalization;

namespace OAuthClient.PostgreSql;

/// <summary>Accesses the leases, which are columns of the table of grants. All times are those of the database's clock.</summary>
internal sealed class LeaseTable(PostgresCommandExecutor executor, string schema)
{
    // The fence is not reset, because it only increases.
    private const string Released = "lease_length = NULL, leased_at = NULL, lease_ticket = NULL, lease_holder = NULL, lease_server = NULL";

    private readonly string acquire = Acquire(schema, isHolderGone: "false");
    private readonly string acquireOfDead = Acquire(schema, $"(fence = $10 AND {HolderIsGone})");

    private readonly string release = $"""
        UPDATE "{schema}".{StoreSchema.GrantsTable} SET presentation = $4, {Released}
        WHERE id = $1 AND generation = $2 AND fence = $3 AND lease_length IS NOT NULL RETURNING hint
        """;

    private readonly string observe = Observe(schema, isHolderGone: "NULL::boolean");
    private readonly string observeHolder = Observe(schema, HolderIsGone);

    // Statements with HolderIsGone are executed only if a holder may be dead: to plan pg_locks takes longer than all other work.
    private static string Acquire(string schema, string isHolderGone) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            WITH taken AS (
              UPDATE "{schema}".{StoreSchema.GrantsTable} SET
                fence = CASE WHEN lease_length IS NOT NULL AND lease_ticket = $8 THEN fence ELSE {NextFence("$8")} END,
                -- The holder neither saved the grant nor released the lease, so it may have sent the refresh token.
                presentation = CASE WHEN lease_length IS NULL OR fence = $6 OR lease_ticket = $8 THEN presentation
                  ELSE greatest(presentation, {(int)RefreshTokenStatus.Unknown}) END,
                lease_length = $5, leased_at = clock_timestamp(), lease_ticket = $8, lease_holder = $7,
                lease_server = pg_postmaster_start_time()
              WHERE id = $1 AND client_name = $2 AND owner = $3 AND generation = $4
                AND CASE
                  WHEN lease_length IS NULL OR fence = $6 OR lease_ticket = $8 OR ({ExpiresAt("$9")}) <= clock_timestamp() THEN true
                  ELSE {isHolderGone} END
              RETURNING generation, content, fence, presentation)
            SELECT true, generation, content, fence, presentation FROM taken
            UNION ALL
            SELECT false, generation, content, fence, presentation FROM "{schema}".{StoreSchema.GrantsTable}
            WHERE id = $1 AND client_name = $2 AND owner = $3 AND NOT EXISTS (SELECT FROM taken)
            """
        );

    private static string Observe(string schema, string isHolderGone) =>
        $"""
            SELECT generation, fence, ({ExpiresAt("$4")}) - clock_timestamp(), {isHolderGone}
            FROM "{schema}".{StoreSchema.GrantsTable} WHERE id = $1 AND client_name = $2 AND owner = $3
            """;

    // The fence increases and has a random suffix, so that a standby that took over without the last lease does not issue the same number
    // again. A renewal changes it as well, so that a delayed release of the earlier lease has no effect.
    private static string NextFence(string ticket) => $"((((fence >> 20) + 1) << 20) | ({ticket} & 1048575))";

    // An advisory lock ends with its holder's connection. A restart of the server ends all locks, so their absence then proves nothing.
    private const string HolderIsGone = """
        (lease_holder IS NOT NULL AND lease_server = pg_postmaster_start_time() AND NOT EXISTS (
          SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
            AND classid = (lease_holder >> 32)::oid AND objid = (lease_holder & 4294967295)::oid))
        """;

    // After a restart or a failover, a lease remains valid for at least 2 seconds after the requesting node connected, so that its holder
    // can save a response of the authorization server first. A longer time would use up the server's grace period.
    private static string ExpiresAt(string connectedSince) =>
        $"""
            CASE WHEN lease_length IS NULL THEN NULL
              WHEN lease_server = pg_postmaster_start_time() THEN leased_at + lease_length
              ELSE greatest(leased_at + lease_length,
                greatest(pg_postmaster_start_time(), {connectedSince}) + least(lease_length, interval '2 seconds')) END
            """;

    public Task<LeaseRow?> TryAcquireAsync(
        GrantRowKey seen,
        RefreshLease? held,
        TimeSpan length,
        LeaseRequest request,
        CancellationToken cancellationToken
    ) =>
        executor.ReadOneAsync(
            request.DeadFence is null ? acquire : acquireOfDead,
            parameters =>
            {
                parameters
                    .RowKey(seen)
                    .Number(seen.Generation)
                    .Length(length)
                    .Number(held?.Fence)
                    .Number(request.Node)
                    .Number(request.Ticket)
                    .Time(request.ConnectedSince);
                if (request.DeadFence is { } deadFence)
                    parameters.Number(deadFence);
            },
            row => new LeaseRow(
                row.GetBoolean(0),
                new(seen with { Generation = row.GetInt64(1) }, row.GetFieldValue<byte[]>(2)),
                row.GetInt64(3),
                (RefreshTokenStatus)row.GetInt16(4)
            ),
            mayRepeat: true,
            cancellationToken
        );

    /// <param name="lease">The lease.</param>
    /// <param name="status">The status of the refresh token.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The hint of the grant's owner; <see langword="null"/> if the lease was not held.</returns>
    public Task<string?> ReleaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        executor.Priority.ReadOneAsync(
            release,
            parameters => parameters.Texts(lease.GrantId).Number(lease.Generation).Number(lease.Fence).Number((long)status),
            static row => row.GetString(0),
            mayRepeat: true,
            cancellationToken
        );

    public Task<LeaseSnapshot?> ObserveAsync(
        GrantRowKey seen,
        DateTime? connectedSince,
        bool looksForHolder,
        CancellationToken cancellationToken
    ) =>
        executor.ReadOneAsync(
            looksForHolder ? observeHolder : observe,
            parameters => parameters.RowKey(seen).Time(connectedSince),
            static row => new LeaseSnapshot(
                row.GetInt64(0),
                row.GetInt64(1),
                row.IsDBNull(2) ? null : row.GetTimeSpan(2),
                row.IsDBNull(3) ? null : row.GetBoolean(3)
            ),
            mayRepeat: true,
            cancellationToken
        );
}
