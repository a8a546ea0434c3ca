using System.Buffers.Text;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>A grant's fingerprints as they lie in its row.</summary>
internal readonly record struct GrantFingerprints(byte[]? Subject, byte[]? Session)
{
    public static GrantFingerprints Of(Grant grant) => new(Bytes(grant.SubjectFingerprint), Bytes(grant.SessionFingerprint));

    public static byte[]? Bytes(string? fingerprint) => fingerprint is null ? null : Base64Url.DecodeFromChars(fingerprint);
}

/// <summary>Finds grants by who it is at the server, which only the encrypted grant itself says.</summary>
internal sealed class FingerprintRows(Database database, string schema, GrantProtection protection)
{
    internal const int Batch = 200;

    private const string Columns = "id, client_name, owner, generation, content";

    private readonly string find = $"""
        SELECT {Columns} FROM "{schema}".grants WHERE subject_fingerprint = $1
        UNION ALL
        SELECT {Columns} FROM "{schema}".grants WHERE session_fingerprint = $1
        """;

    private readonly string unfilled = $"""
        SELECT {Columns}, position FROM "{schema}".grants WHERE NOT has_fingerprints AND position > $1 ORDER BY position LIMIT {Batch}
        """;

    // They are the same for all generations.
    private readonly string fill = $"""
        UPDATE "{schema}".grants SET subject_fingerprint = $4, session_fingerprint = $5, has_fingerprints = true
        WHERE id = $1 AND client_name = $2 AND owner = $3 AND NOT has_fingerprints
        """;

    public Task<List<GrantRow>> FindAsync(string fingerprint, CancellationToken cancellationToken) =>
        database.ReadAllAsync(find, parameters => parameters.Bytes(GrantFingerprints.Bytes(fingerprint)), Row, cancellationToken);

    /// <summary>Finds out the fingerprints of what nodes of an older version have stored. Mostly there is nothing to do.</summary>
    public async Task FillAsync(CancellationToken cancellationToken)
    {
        long last = 0;
        List<(GrantRow Row, long Position)> rows;
        do
        {
            rows = await database.ReadAllAsync(
                unfilled, parameters => parameters.Number(last), static row => (Row(row), row.GetInt64(5)), cancellationToken).ConfigureAwait(false);
            foreach (var (row, position) in rows)
            {
                last = position;
                if (Of(row) is { } known)
                {
                    await database.ExecuteAsync(
                        fill, parameters => parameters.Place(row.Place).Bytes(known.Subject).Bytes(known.Session), mayRepeat: true, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        while (rows.Count == Batch);
    }

    // Whoever has the key for it will do it.
    private GrantFingerprints? Of(GrantRow row)
    {
        try
        {
            return GrantFingerprints.Of(protection.Unprotect(row.Content, row.Place));
        }
        catch (OAuthException)
        {
            return null;
        }
    }

    private static GrantRow Row(NpgsqlDataReader row) =>
        new(new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3)), row.GetFieldValue<byte[]>(4));
}
