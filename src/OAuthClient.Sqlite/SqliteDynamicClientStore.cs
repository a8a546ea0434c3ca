namespace OAuthClient.Sqlite;

/// <summary>Stores the credentials of dynamically registered clients (RFC 7591).</summary>
internal sealed class SqliteDynamicClientStore(SqliteDatabase database, StoreEncryption encryption, Func<CancellationToken, Task> openAsync)
    : IDynamicClientStore
{
    public async ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken)
    {
        await openAsync(cancellationToken).ConfigureAwait(false);
        var rows = await database
            .ReadAsync(
                connection =>
                    connection.Query(
                        "SELECT generation, content FROM clients WHERE client_name = $1 AND server = $2",
                        static row => (Generation: row.GetInt64(0), Content: row.GetFieldValue<byte[]>(1)),
                        clientName,
                        server
                    ),
                cancellationToken
            )
            .ConfigureAwait(false);
        return rows is [var found] ? encryption.UnprotectClient(found.Content, clientName, server, found.Generation) : null;
    }

    public async ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken)
    {
        await openAsync(cancellationToken).ConfigureAwait(false);
        byte[] content = encryption.Protect(newer);
        string statement =
            newer.Generation == 1
                ? """
                    INSERT INTO clients (client_name, server, client_id, generation, content) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT DO NOTHING
                    """
                : """
                    UPDATE clients SET client_id = $3, generation = $4, content = $5
                    WHERE client_name = $1 AND server = $2 AND generation = $4 - 1
                    """;
        return await database
            .WriteAsync(
                connection => connection.Execute(statement, newer.ClientName, newer.Server, newer.ClientId, newer.Generation, content) > 0,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public async ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken)
    {
        await openAsync(cancellationToken).ConfigureAwait(false);
        await database
            .WriteAsync(
                connection =>
                    connection.Execute(
                        "DELETE FROM clients WHERE client_name = $1 AND server = $2 AND client_id = $3",
                        client.ClientName,
                        client.Server,
                        client.ClientId
                    ),
                cancellationToken
            )
            .ConfigureAwait(false);
    }
}
