namespace OAuthClient;

/// <summary>Stores dynamically registered clients in the memory of this process.</summary>
internal sealed class InMemoryDynamicClientStore : IDynamicClientStore
{
    private readonly Dictionary<(string, string), DynamicClient> clients = [];

    public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken)
    {
        lock (clients)
            return new(clients.GetValueOrDefault((clientName, server)));
    }

    public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken)
    {
        lock (clients)
        {
            if (newer.Generation != (clients.GetValueOrDefault(Key(newer))?.Generation ?? 0) + 1)
                return new(false);
            clients[Key(newer)] = newer;
            return new(true);
        }
    }

    public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken)
    {
        lock (clients)
        {
            if (clients.GetValueOrDefault(Key(client))?.ClientId == client.ClientId)
                clients.Remove(Key(client));
        }
        return ValueTask.CompletedTask;
    }

    private static (string, string) Key(DynamicClient client) => (client.ClientName, client.Server);
}
