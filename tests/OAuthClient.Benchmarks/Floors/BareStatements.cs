using Npgsql;
using NpgsqlTypes;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Statements that an application would write by hand for rows of the same table: no lease, no cache, no encryption, no notification. They
/// are prepared, and each is a transaction of its own on a connection from a pool.
/// </summary>
internal sealed class BareStatements(ScaleDatabase database) : IAsyncDisposable
{
    private const string Lock = $"SELECT generation, content FROM {ScaleDatabase.Table} WHERE id = $1 FOR UPDATE";

    private const string Update = $"""
        UPDATE {ScaleDatabase.Table} SET generation = generation + 1, content = $2, updated_at = clock_timestamp() WHERE id = $1
        """;

    private const string Find = $"SELECT id, generation, content FROM {ScaleDatabase.Table} WHERE client_name = $1 AND owner = $2";

    private const string Insert = $"""
        INSERT INTO {ScaleDatabase.Table} (id, client_name, owner, generation, content, hint, subject_fingerprint)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """;

    private const string ConsumeState = """
        INSERT INTO oauthclient.used_states (fingerprint, ticket, expires_at) VALUES ($1, 1, $2) ON CONFLICT (fingerprint) DO NOTHING
        """;

    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(database.ConnectionString + ";No Reset On Close=true");

    public async Task RefreshAsync(string id, byte[] content)
    {
        await RunAsync(Lock, read: true, Text(id));
        await RunAsync(Update, read: false, Text(id), Bytes(content));
    }

    public Task FindAsync(Grant grant) => RunAsync(Find, read: true, Text(grant.ClientName), Text(grant.Owner.ToString()));

    public Task ConsumeStateAsync(byte[] fingerprint, DateTime expiresAt) =>
        RunAsync(
            ConsumeState,
            read: false,
            Bytes(fingerprint),
            new NpgsqlParameter { Value = expiresAt, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );

    public Task AddAsync(Grant grant, byte[] content, byte[] subject) =>
        RunAsync(
            Insert,
            read: false,
            Text(grant.Id),
            Text(grant.ClientName),
            Text(grant.Owner.ToString()),
            new NpgsqlParameter<long> { TypedValue = grant.Generation },
            Bytes(content),
            // As long as a hint.
            Text(Convert.ToHexString(subject, 0, 11)),
            Bytes(subject)
        );

    public ValueTask DisposeAsync() => source.DisposeAsync();

    /// <summary>Returns random bytes with the length of the encrypted grant.</summary>
    public static byte[] ContentOf(Grant grant)
    {
        byte[] content = new byte[grant.Protect(static plain => plain).Length + 37];
        Random.Shared.NextBytes(content);
        return content;
    }

    private async Task RunAsync(string sql, bool read, params NpgsqlParameter[] parameters)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.PrepareAsync();
        if (!read)
        {
            if (await command.ExecuteNonQueryAsync() != 1)
                throw new InvalidOperationException("The row does not exist.");
            return;
        }
        await using var row = await command.ExecuteReaderAsync();
        if (!await row.ReadAsync() || (await row.GetFieldValueAsync<byte[]>(row.FieldCount - 1)).Length == 0)
            throw new InvalidOperationException("The row does not exist.");
    }

    private static NpgsqlParameter<string> Text(string text) => new() { TypedValue = text };

    private static NpgsqlParameter<byte[]> Bytes(byte[] bytes) => new() { TypedValue = bytes };
}
