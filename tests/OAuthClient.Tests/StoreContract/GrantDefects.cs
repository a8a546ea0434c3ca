namespace OAuthClient.Tests;

/// <summary>Defects in how grants and states are kept.</summary>
internal static class GrantDefects
{
    private static readonly string[] OtherGenerations =
    [
        "Generation 0 does not replace generation 1",
        "Generation 1 does not replace generation 1",
        "Generation 3 does not replace generation 1",
        "Generation 4 does not replace generation 1",
    ];

    public static IEnumerable<Defect<IGrantStore>> All { get; } =
    [
        new(
            "returns null instead of an empty list",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnFind = async (client, owner) => await store.FindAsync(client, owner, default) is { Count: > 0 } found ? found : null!,
                },
            "An owner without grants has an empty list"
        ),
        new(
            "forgets members of a grant",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnAdd = grant => store.AddAsync(SampleGrants.Create(grant.Id, grant.Owner.Id!), default),
                    OnFindByFingerprint = _ => store.FindAsync(SampleGrants.Client, GrantOwner.User("42"), default),
                },
            "An added grant is found with all its values"
        ),
        new(
            "returns the oldest grant first",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnFind = async (client, owner) => [.. (await store.FindAsync(client, owner, default)).Reverse()],
                },
            "The newest grant is first"
        ),
        new(
            "moves a replaced grant to the front",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnReplace = async newer =>
                    {
                        if (!await store.TryReplaceAsync(newer, default))
                            return false;
                        await store.RemoveAsync(newer, default);
                        await store.AddAsync(newer, default);
                        return true;
                    },
                },
            "A replaced grant keeps its position"
        ),
        new(
            "returns a list that changes",
            (store, _) =>
                new ForwardingGrantStore(store) { OnFind = (client, owner) => new(new LiveList((InMemoryGrantStore)store, client, owner)) },
            "A returned list is a snapshot"
        ),
        FindsOther("compares owners without case", owner => owner.Id == "Alice" ? GrantOwner.User("alice") : owner, "alice", "Alice"),
        FindsOther("trims owners", owner => owner.Id == "a " ? GrantOwner.User("a") : owner, "a", "a "),
        FindsOther(
            "compares owners by a collation",
            owner => owner.Id == "strasse" ? GrantOwner.User("straße") : owner,
            "straße",
            "strasse"
        ),
        FindsOther("returns the grants of another owner", owner => owner.Id == "43" ? GrantOwner.User("42") : owner, "42", "43"),
        new(
            "ignores the kind of an owner",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnFind = (client, owner) => store.FindAsync(client, GrantOwner.User(owner.Id ?? "client"), default),
                },
            "Owners of different kinds are separate"
        ),
        new(
            "joins client and owner to one key",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnFind = async (client, owner) =>
                        client + owner.Id == "photos42"
                            ? await store.FindAsync("photo", GrantOwner.User("s42"), default)
                            : await store.FindAsync(client, owner, default),
                },
            "Registrations are separate"
        ),
        new(
            "never replaces a grant",
            (store, _) => new ForwardingGrantStore(store) { OnReplace = _ => new(false) },
            "A grant is replaced by the next generation"
        ),
        new(
            "ignores the generation, and inserts what is missing",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnReplace = async newer =>
                    {
                        await store.RemoveAsync(newer, default);
                        await store.AddAsync(newer, default);
                        return true;
                    },
                },
            [
                .. OtherGenerations,
                "A removed grant is not replaced",
                "A replacement needs its own grant and owner",
                "One of two nodes replaces a generation",
            ]
        ),
        new(
            "compares and sets in two steps",
            (store, _) =>
            {
                Gap gap = new();
                return new ForwardingGrantStore(store)
                {
                    OnReplace = async newer =>
                    {
                        bool fits = (await store.FindAsync(newer.ClientName, newer.Owner, default))[0].Generation == newer.Generation - 1;
                        await gap.MeetAsync();
                        await store.TryReplaceAsync(newer, default);
                        return fits;
                    },
                };
            },
            "One of concurrent replacements succeeds"
        ),
        new(
            "removes the stored generation only",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnRemove = async grant =>
                    {
                        var all = await store.FindAsync(grant.ClientName, grant.Owner, default);
                        if (all.Any(one => one.Id == grant.Id && one.Generation == grant.Generation))
                            await store.RemoveAsync(grant, default);
                    },
                },
            "A grant is removed whatever its generation"
        ),
        new(
            "refuses to remove what is missing",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnRemove = async grant =>
                    {
                        if ((await store.FindAsync(grant.ClientName, grant.Owner, default)).Count == 0)
                            throw new KeyNotFoundException();
                        await store.RemoveAsync(grant, default);
                    },
                },
            "A grant is removed twice without an error"
        ),
        new(
            "has no index of fingerprints",
            (store, _) => new ForwardingGrantStore(store) { OnFindByFingerprint = _ => new(Array.Empty<Grant>()) },
            "Grants of all owners are found by subject and by session"
        ),
        new(
            "finds by fingerprint what it has ever stored",
            (store, _) =>
            {
                List<Grant> all = [];
                return new ForwardingGrantStore(store)
                {
                    OnAdd = grant =>
                    {
                        all.Add(grant);
                        return store.AddAsync(grant, default);
                    },
                    OnFindByFingerprint = _ => new([.. all]),
                };
            },
            "Fingerprints are separate",
            "A removed grant is not found by fingerprint"
        ),
        new(
            "forgets consumed states",
            (store, _) => new ForwardingGrantStore(store) { OnConsume = (_, _) => new(true) },
            "A state is consumed once",
            "A state is consumed once by concurrent callers",
            "A state is consumed once on all nodes"
        ),
        new(
            "forgets a state after a minute",
            (store, time) =>
                new ForwardingGrantStore(store)
                {
                    OnConsume = (state, _) => store.TryConsumeStateAsync(state, time.GetUtcNow().AddMinutes(1), default),
                },
            "A consumed state is remembered until its expiry"
        ),
    ];

    private static Defect<IGrantStore> FindsOther(string name, Func<GrantOwner, GrantOwner> confuse, string one, string other) =>
        new(
            name,
            (store, _) => new ForwardingGrantStore(store) { OnFind = (client, owner) => store.FindAsync(client, confuse(owner), default) },
            $"The owners '{one}' and '{other}' are separate"
        );

    private sealed class LiveList(InMemoryGrantStore store, string clientName, GrantOwner owner) : IReadOnlyList<Grant>
    {
        private IReadOnlyList<Grant> Current => store.Find(clientName, owner);

        public int Count => Current.Count;

        public Grant this[int index] => Current[index];

        public IEnumerator<Grant> GetEnumerator() => Current.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
