using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>
/// Accesses the leases, which are columns of the table of grants, within a transaction. A lease ends with its time, and with its holder.
/// </summary>
/// <param name="changes">The table of changes.</param>
/// <param name="holder">The id of this store.</param>
/// <param name="isAlive">Determines whether the store with an id is open.</param>
/// <param name="time">
/// The clock. Its timestamps, and not the time of day, are stored: they run evenly, and are the same in all processes of a machine.
/// </param>
internal sealed class LeaseTable(ChangeTable changes, string holder, Func<string, bool> isAlive, TimeProvider time)
{
    // More than the growth of a grant by one refresh.
    private const int ReservedBytes = 4096;

    private const string Find = "WHERE id = $1 AND client_name = $2 AND owner = $3";

    private TimeSpan Now => time.GetElapsedTime(0);

    /// <returns>The stored grant and its lease; <see langword="null"/> if the grant does not exist.</returns>
    public static LeaseRow? Read(SqliteConnection connection, Grant seen) =>
        connection
            .Query(
                $"""
                SELECT generation, content, fence, previous_fence, lease_holder, lease_ends, status, is_restored FROM grants {Find}
                """,
                row => new LeaseRow(
                    new(seen.Id, seen.ClientName, seen.Owner.ToString(), row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
                    row.GetInt64(2),
                    row.IsDBNull(3) ? null : row.GetInt64(3),
                    row.IsDBNull(4) ? null : row.GetString(4),
                    row.IsDBNull(5) ? TimeSpan.Zero : TimeSpan.FromTicks(row.GetInt64(5)),
                    (RefreshTokenStatus)row.GetInt32(6),
                    row.GetBoolean(7)
                ),
                seen.Id,
                seen.ClientName,
                seen.Owner.ToString()
            )
            .FirstOrDefault();

    /// <summary>Gets the time for which a lease is still held; <see cref="TimeSpan.Zero"/> if it is not, or its holder has ended.</summary>
    public TimeSpan Remaining(LeaseRow stored)
    {
        var remaining = stored.Ends - Now;
        return stored.Holder is { } other && remaining > TimeSpan.Zero && (other == holder || isAlive(other)) ? remaining : TimeSpan.Zero;
    }

    /// <summary>Acquires or renews the lease of a stored grant.</summary>
    /// <returns>The fence, or <see langword="null"/> if another caller holds the lease, and the status of the refresh token.</returns>
    public (long? Fence, RefreshTokenStatus Status) TryAcquire(
        SqliteConnection connection,
        LeaseRow stored,
        RefreshLease? held,
        TimeSpan length
    )
    {
        bool isHeld = stored.Holder is not null;
        bool isRenewal = isHeld && held is not null && (held.Fence == stored.Fence || held.Fence == stored.PreviousFence);
        if (!isRenewal && Remaining(stored) > TimeSpan.Zero)
            return (null, stored.Status);
        // The lease was neither released nor replaced by a new generation: its holder may have sent the refresh token.
        var status = isHeld && !isRenewal && stored.Status != RefreshTokenStatus.Rejected ? RefreshTokenStatus.Unknown : stored.Status;
        // A renewal that is repeated, because the response was lost, returns the lease that it issued first.
        bool isRepeated = isRenewal && held!.Fence != stored.Fence;
        long fence = isRepeated ? stored.Fence : stored.Fence + 1;
        connection.Execute(
            $"""
            UPDATE grants SET fence = $4, previous_fence = $5, lease_holder = $6, lease_ends = $7, status = $8, reserve = zeroblob($9)
            {Find}
            """,
            stored.Row.Id,
            stored.Row.ClientName,
            stored.Row.Owner,
            fence,
            isRenewal ? held!.Fence : null,
            holder,
            (Now + length).Ticks,
            (int)status,
            stored.Row.Content.Length + ReservedBytes
        );
        return (fence, status);
    }

    public bool Release(SqliteConnection connection, RefreshLease lease, RefreshTokenStatus status)
    {
        var released = connection.Query(
            """
            UPDATE grants SET status = $4, lease_holder = NULL, lease_ends = NULL, previous_fence = NULL, reserve = NULL
            WHERE id = $1 AND generation = $2 AND fence = $3 AND lease_holder IS NOT NULL RETURNING client_name, owner
            """,
            static row => (ClientName: row.GetString(0), Owner: row.GetString(1)),
            lease.GrantId,
            lease.Generation,
            lease.Fence,
            (int)status
        );
        foreach (var (clientName, owner) in released)
            changes.Add(connection, clientName, owner);
        return released.Count > 0;
    }
}

/// <summary>Represents a stored grant and its lease.</summary>
/// <param name="Row">The grant.</param>
/// <param name="Fence">The fence of the last lease.</param>
/// <param name="PreviousFence">The fence of the lease before its renewal; <see langword="null"/> if it was not renewed.</param>
/// <param name="Holder">The id of the store that holds the lease; <see langword="null"/> if it is not held.</param>
/// <param name="Ends">The time at which the lease expires.</param>
/// <param name="Status">The status of the stored generation's refresh token.</param>
/// <param name="IsRestored">Whether the refresh token must not be sent, because the file was restored or copied.</param>
internal sealed record LeaseRow(
    GrantRow Row,
    long Fence,
    long? PreviousFence,
    string? Holder,
    TimeSpan Ends,
    RefreshTokenStatus Status,
    bool IsRestored
);
