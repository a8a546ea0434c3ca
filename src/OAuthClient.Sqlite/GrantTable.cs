using Microsoft.Data.Sqlite;
using OAuthClient.PostgreSql;

namespace OAuthClient.Sqlite;

/// <summary>Accesses the table of grants. Changes run within a transaction.</summary>
internal sealed class GrantTable(ChangeTable changes)
{
    private const string Columns = "id, client_name, owner, generation, content";

    public static List<GrantRow> Find(SqliteConnection connection, string clientName, string owner) =>
        connection.Query(
            $"SELECT {Columns} FROM grants WHERE client_name = $1 AND owner = $2 ORDER BY position DESC",
            Row,
            clientName,
            owner
        );

    public static List<GrantRow> FindByFingerprint(SqliteConnection connection, string fingerprint) =>
        connection.Query($"SELECT {Columns} FROM grants WHERE subject_fingerprint = $1 OR session_fingerprint = $1", Row, fingerprint);

    /// <summary>Determines whether an owner's stored grants have other ids, another order or other generations.</summary>
    public static bool AreOutdated(SqliteConnection connection, IReadOnlyList<Grant> cached) =>
        !connection
            .Query(
                "SELECT id, generation FROM grants WHERE client_name = $1 AND owner = $2 ORDER BY position DESC",
                static row => (row.GetString(0), row.GetInt64(1)),
                cached[0].ClientName,
                cached[0].Owner.ToString()
            )
            .SequenceEqual(cached.Select(grant => (grant.Id, grant.Generation)));

    /// <returns><see langword="false"/> if another grant has the same id.</returns>
    public bool Add(SqliteConnection connection, GrantRow row, Grant grant)
    {
        int added = connection.Execute(
            $"""
            INSERT INTO grants ({Columns}, dead_at, subject_fingerprint, session_fingerprint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (id) DO NOTHING
            """,
            row.Id,
            row.ClientName,
            row.Owner,
            row.Generation,
            row.Content,
            GrantRows.DeadAt(grant)?.ToUnixTimeMilliseconds(),
            grant.SubjectFingerprint,
            grant.SessionFingerprint
        );
        if (added > 0)
            changes.Add(connection, row.ClientName, row.Owner);
        return added > 0;
    }

    /// <summary>Replaces the previous generation, and ends its lease. Compare-and-set on the generation.</summary>
    /// <returns><see langword="true"/> if the stored generation was the previous one.</returns>
    public bool TryReplace(SqliteConnection connection, GrantRow row, long? deadAt)
    {
        // Separately, so that the new content finds the space free.
        connection.Execute("UPDATE grants SET reserve = NULL WHERE id = $1 AND generation = $2 - 1", row.Id, row.Generation);
        int replaced = connection.Execute(
            """
            UPDATE grants SET generation = $4, content = $5, dead_at = $6, status = 0,
              lease_holder = NULL, lease_ends = NULL, previous_fence = NULL
            WHERE id = $1 AND client_name = $2 AND owner = $3 AND generation = $4 - 1
            """,
            row.Id,
            row.ClientName,
            row.Owner,
            row.Generation,
            row.Content,
            deadAt
        );
        if (replaced > 0)
            changes.Add(connection, row.ClientName, row.Owner);
        return replaced > 0;
    }

    public bool Remove(SqliteConnection connection, Grant grant)
    {
        int removed = connection.Execute(
            "DELETE FROM grants WHERE id = $1 AND client_name = $2 AND owner = $3",
            grant.Id,
            grant.ClientName,
            grant.Owner.ToString()
        );
        if (removed > 0)
            changes.Add(connection, grant.ClientName, grant.Owner.ToString());
        return removed > 0;
    }

    /// <summary>Marks all grants as restored, so that their refresh tokens are not sent, or accepts those that are marked.</summary>
    /// <returns>The number of grants.</returns>
    public static int MarkRestored(SqliteConnection connection, bool isRestored) =>
        connection.Execute("UPDATE grants SET is_restored = $1 WHERE is_restored <> $1", isRestored ? 1 : 0);

    private static GrantRow Row(SqliteDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetFieldValue<byte[]>(4));
}
