namespace OAuthClient.PostgreSql;

/// <summary>Stores the credentials of dynamically registered clients (RFC 7591). Each statement is one round trip.</summary>
internal sealed class PostgresDynamicClientStore(
    PostgresCommandExecutor executor,
    string schema,
    StoreEncryption encryption,
    Func<CancellationToken, Task> openAsync
) : IDynamicClientStore
{
    private readonly string find = $"""
        SELECT generation, content FROM "{schema}".clients WHERE client_name = $1 AND server = $2
        """;

    // The statements may be repeated after a lost response: they then find their own row.
    private readonly string add = $"""
        INSERT INTO "{schema}".clients (client_name, server, client_id, generation, content) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (client_name, server) DO UPDATE SET updated_at = clock_timestamp() WHERE clients.content = excluded.content
        """;

    private readonly string replace = $"""
        UPDATE "{schema}".clients SET client_id = $3, generation = $4, content = $5, updated_at = clock_timestamp()
        WHERE client_name = $1 AND server = $2 AND (generation = $4 - 1 OR content = $5)
        """;

    private readonly string remove = $"""
        DELETE FROM "{schema}".clients WHERE client_name = $1 AND server = $2 AND client_id = $3
        """;

    public async ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken)
    {
        await openAsync(cancellationToken).ConfigureAwait(false);
        var row = await executor
            .ReadOneAsync(
                find,
                parameters => parameters.Texts(clientName, server),
                row => ((long Generation, byte[] Content)?)(row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
                mayRepeat: true,
                cancellationToken
            )
            .ConfigureAwait(false);
        return row is { } found ? encryption.UnprotectClient(found.Content, clientName, server, found.Generation) : null;
    }

    public async ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken)
    {
        await openAsync(cancellationToken).ConfigureAwait(false);
        byte[] content = encryption.Protect(newer);
        return await executor
                .Priority.ExecuteAsync(
                    newer.Generation == 1 ? add : replace,
                    parameters => parameters.Texts(newer.ClientName, newer.Server, newer.ClientId).Number(newer.Generation).Bytes(content),
                    mayRepeat: true,
                    cancellationToken
                )
                .ConfigureAwait(false) > 0;
    }

    public async ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken)
    {
        await openAsync(cancellationToken).ConfigureAwait(false);
        await executor
            .ExecuteAsync(
                remove,
                parameters => parameters.Texts(client.ClientName, client.Server, client.ClientId),
                mayRepeat: true,
                cancellationToken
            )
            .ConfigureAwait(false);
    }
}
