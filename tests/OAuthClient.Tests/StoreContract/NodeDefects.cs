namespace OAuthClient.Tests;

/// <summary>Defects that only a second node shows.</summary>
internal static class NodeDefects
{
    public static IEnumerable<Defect<IGrantStore>> All { get; } =
    [
        new(
            "keeps its data in the memory of each node",
            (_, time) => new InMemoryGrantStore(time),
            "A change by one node reaches another",
            "A grant of one node is found by fingerprint on another",
            "One node releases the lease, and another acquires it",
            "One of two nodes replaces a generation",
            "A state is consumed once on all nodes"
        ),
        new(
            "keeps leases in the memory of each node",
            (store, time) =>
            {
                InMemoryGrantStore leases = new(time);
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                    {
                        await leases.AddAsync(seen, default);
                        return await leases.TryAcquireLeaseAsync(seen, held, length, default);
                    },
                    OnRelease = (lease, status) => leases.ReleaseLeaseAsync(lease, status, default),
                };
            },
            "Two nodes do not hold the same lease",
            "One node releases the lease, and another acquires it",
            "One of two nodes replaces a generation"
        ),
        new(
            "reads a cache that only changes of the same node replace",
            (store, _) =>
            {
                Dictionary<GrantOwner, IReadOnlyList<Grant>> cache = new();
                return new ForwardingGrantStore(store)
                {
                    OnFind = async (client, owner) =>
                        cache.TryGetValue(owner, out var copy) ? copy : cache[owner] = await store.FindAsync(client, owner, default),
                    OnAdd = async grant =>
                    {
                        await store.AddAsync(grant, default);
                        cache.Remove(grant.Owner);
                    },
                };
            },
            "A change by one node reaches another",
            "A cached copy is used for at most a minute"
        ),
        new(
            "waits only for changes of its own node",
            (store, time) => new ForwardingGrantStore(store) { OnWait = (_, atMost, cancel) => new(Task.Delay(atMost, time, cancel)) },
            "A save by one node ends the wait on another",
            "A release by one node ends the wait on another",
            "A removal by one node ends the wait on another"
        ),
    ];
}
