using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>Finds grants by the fingerprint of the subject or session at the server. The values themselves are encrypted.</summary>
internal sealed class GrantFingerprintTable(PostgresCommandExecutor executor, string schema)
{
    private const string Columns = "id, client_name, owner, generation, content";

    private readonly string find = $"""
        SELECT {Columns} FROM "{schema}".{StoreSchema.GrantsTable} WHERE subject_fingerprint = $1
        UNION ALL
        SELECT {Columns} FROM "{schema}".{StoreSchema.GrantsTable} WHERE session_fingerprint = $1
        """;

    public Task<List<GrantRow>> FindAsync(string fingerprint, CancellationToken cancellationToken) =>
        executor.ReadAllAsync(find, parameters => parameters.Bytes(GrantFingerprints.Bytes(fingerprint)), Row, cancellationToken);

    private static GrantRow Row(NpgsqlDataReader row) =>
        new(new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3)), row.GetFieldValue<byte[]>(4));
}
