namespace OAuthClient.Tests;

/// <summary>Forwards each call to another store, but those that a defect replaces.</summary>
internal sealed class ForwardingClientStore(IDynamicClientStore inner) : IDynamicClientStore
{
    public Func<string, string, ValueTask<DynamicClient?>>? OnFind { get; init; }
    public Func<DynamicClient, ValueTask<bool>>? OnReplace { get; init; }
    public Func<DynamicClient, ValueTask>? OnRemove { get; init; }

    public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken) =>
        OnFind?.Invoke(clientName, server) ?? inner.FindAsync(clientName, server, cancellationToken);

    public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken) =>
        OnReplace?.Invoke(newer) ?? inner.TryReplaceAsync(newer, cancellationToken);

    public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken) =>
        OnRemove?.Invoke(client) ?? inner.RemoveAsync(client, cancellationToken);
}

/// <summary>Defects of a store of registered clients.</summary>
internal static class ClientDefects
{
    public static IEnumerable<Defect<IDynamicClientStore>> All { get; } =
    [
        new(
            "finds a client that is not stored",
            (store, _) => new ForwardingClientStore(store) { OnFind = (name, server) => new(SampleClients.Create(name, server)) },
            "A client without an entry is not found",
            "A client is removed whatever its generation"
        ),
        new(
            "forgets values of a client",
            (store, _) =>
                new ForwardingClientStore(store)
                {
                    OnFind = async (name, server) =>
                        await store.FindAsync(name, server, default) is { } found
                            ? new DynamicClient(name, server, found.ClientId) { Generation = found.Generation, Metadata = found.Metadata }
                            : null,
                },
            "A stored client is found with all its values"
        ),
        new(
            "compares names without case",
            (store, _) =>
                new ForwardingClientStore(store) { OnFind = (name, server) => store.FindAsync(name.ToLowerInvariant(), server, default) },
            "Clients are separate by name and server"
        ),
        new(
            "ignores the generation",
            (store, _) =>
                new ForwardingClientStore(store)
                {
                    OnReplace = async newer =>
                    {
                        while (await store.FindAsync(newer.ClientName, newer.Server, default) is { } stored)
                            await store.RemoveAsync(stored, default);
                        for (long generation = 1; generation <= newer.Generation; generation++)
                            await store.TryReplaceAsync(
                                SampleClients.Create(newer.ClientName, newer.Server, newer.ClientId, generation),
                                default
                            );
                        return true;
                    },
                },
            "Generation 0 does not replace generation 1",
            "Generation 1 does not replace generation 1",
            "Generation 3 does not replace generation 1",
            "Generation 4 does not replace generation 1",
            "The first generation is 1"
        ),
        new(
            "compares and sets in two steps",
            (store, _) =>
            {
                Gap gap = new();
                return new ForwardingClientStore(store)
                {
                    OnReplace = async newer =>
                    {
                        long stored = (await store.FindAsync(newer.ClientName, newer.Server, default))?.Generation ?? 0;
                        await gap.MeetAsync();
                        await store.TryReplaceAsync(newer, default);
                        return stored == newer.Generation - 1;
                    },
                };
            },
            "One of concurrent registrations is stored"
        ),
        new(
            "removes the stored generation only",
            (store, _) =>
                new ForwardingClientStore(store)
                {
                    OnRemove = async client =>
                    {
                        var stored = await store.FindAsync(client.ClientName, client.Server, default);
                        if (stored?.Generation == client.Generation)
                            await store.RemoveAsync(client, default);
                    },
                },
            "A client is removed whatever its generation"
        ),
        new(
            "removes a client with another identifier",
            (store, _) =>
                new ForwardingClientStore(store)
                {
                    OnRemove = async client =>
                    {
                        if (await store.FindAsync(client.ClientName, client.Server, default) is { } stored)
                            await store.RemoveAsync(stored, default);
                    },
                },
            "A client with another identifier is not removed"
        ),
    ];
}
