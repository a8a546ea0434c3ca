using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>Stores dynamically registered clients in the memory of this process.</summary>
internal sealed class InMemoryDynamicClientStore : IDynamicClientStore
{
    private readonly ConcurrentDictionary<(string, string), DynamicClient> clients = new();

    public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken) =>
        new(clients.GetValueOrDefault((clientName, server)));

    public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken)
    {
        if (!clients.TryGetValue(Key(newer), out var stored))
            return new(newer.Generation == 1 && clients.TryAdd(Key(newer), newer));
        return new(stored.Generation == newer.Generation - 1 && clients.TryUpdate(Key(newer), newer, stored));
    }

    public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken)
    {
        while (
            clients.TryGetValue(Key(client), out var stored)
            && string.Equals(stored.ClientId, client.ClientId, StringComparison.Ordinal)
            && !clients.TryRemove(new(Key(client), stored))
        )
        {
            // The client was replaced concurrently; read it again.
        }
        return ValueTask.CompletedTask;
    }

    private static (string, string) Key(DynamicClient client) => (client.ClientName, client.Server);
}
