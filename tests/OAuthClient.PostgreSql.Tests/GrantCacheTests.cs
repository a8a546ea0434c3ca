namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that the cache serves grants, and that changes of other nodes reach it.</summary>
[TestFixture]
public sealed class GrantCacheTests
{
    [Test]
    [Description("Own changes are visible immediately, and notifications report those of other nodes: added, replaced, removed")]
    public async Task Changes_of_other_nodes_are_visible()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        // The clock of this node does not advance, so no entry is read again because of its age.
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var first = await Grants.AddAsync(one.Cache);
        await other.Cache.FindAsync("photos", GrantOwner.User("42"), default);

        var second = await Grants.AddAsync(one.Cache);
        await WaitForGrantsAsync(other, grants => grants.Count == 2);
        Assert.That((await one.Cache.FindAsync("photos", GrantOwner.User("42"), default))[0].Id, Is.EqualTo(second.Id));

        await one.Cache.TryReplaceAsync(Grants.Next(first), default);
        await WaitForGrantsAsync(other, grants => grants[1].Generation == 2);

        await one.Cache.RemoveAsync(second, default);
        await WaitForGrantsAsync(other, grants => grants.Count == 1);
    }

    [Test]
    [Description(
        "Behind a transaction pooler, without notifications, an entry is served for 5 seconds, then refreshed in the background, and not "
            + "served after one minute"
    )]
    public async Task Without_notifications_entries_expire()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var one = await NodeAsync(schema);
        await using var pooled = await NodeAsync(schema, clock, o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddAsync(one.Cache);
        await pooled.Cache.FindAsync("photos", GrantOwner.User("42"), default);

        grant = await ReplaceAsync(one, grant);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That((await Grants.FindSingleAsync(pooled.Cache)).Generation, Is.EqualTo(1), "fresh");
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That((await Grants.FindSingleAsync(pooled.Cache)).Generation, Is.EqualTo(1), "stale");
        await WaitForGrantsAsync(pooled, grants => grants.Single().Generation == 2);

        await ReplaceAsync(one, grant);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await Grants.FindSingleAsync(pooled.Cache)).Generation, Is.EqualTo(3), "expired");
    }

    [Test]
    [Description("A notification may be lost: an entry that is 5 minutes old is read again in the background")]
    public async Task Entries_are_read_again_after_a_lost_notification()
    {
        ManualTimeProvider clock = new();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, clock);
        await Grants.AddAsync(node.Cache);
        await node.Cache.FindAsync("photos", GrantOwner.User("42"), default);
        await Sql.RunAsync(await Cluster.RequireAsync(), $"DELETE FROM {schema}.grants_v4");

        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.That(await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(
            await node.Cache.FindAsync("photos", GrantOwner.User("42"), default),
            Has.Count.EqualTo(1),
            "the stale entry is served during the read"
        );
        await WaitForGrantsAsync(node, grants => grants.Count == 0);
    }

    [Test]
    [Description("Cached grants are compared with the stored ones in one statement: added, replaced and removed grants differ")]
    public async Task Cached_grants_are_compared_in_one_statement()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        Dictionary<string, IReadOnlyList<Grant>> cached = new(StringComparer.Ordinal);
        string[] changed = ["added", "replaced", "removed"];
        foreach (string owner in (string[])["same", "s'; ä,\n{}", .. changed])
        {
            await Grants.AddAsync(node.Store, owner);
            await Grants.AddAsync(node.Store, owner);
            string key = await node.Store.GetKeyAsync("photos", GrantOwner.User(owner), default);
            cached[key] = await node.Store.FindAsync("photos", GrantOwner.User(owner), default);
        }
        int before = proxy.RoundTrips;
        Assert.That(await node.Store.FindOutdatedAsync(cached, default), Is.Empty);
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(1));

        await Grants.AddAsync(node.Store, "added");
        await node.Store.TryReplaceAsync(Grants.Next((await FindAsync("replaced"))[0]), default);
        foreach (var grant in await FindAsync("removed"))
            await node.Store.RemoveAsync(grant, default);
        List<string> keys = [];
        foreach (string owner in changed)
            keys.Add(await node.Store.GetKeyAsync("photos", GrantOwner.User(owner), default));
        Assert.That(await node.Store.FindOutdatedAsync(cached, default), Is.EquivalentTo(keys));

        ValueTask<IReadOnlyList<Grant>> FindAsync(string owner) => node.Store.FindAsync("photos", GrantOwner.User(owner), default);
    }

    [Test]
    [Description("A store that was used before the cache was put in front of it reports that it is connected")]
    public async Task A_connected_store_can_be_cached()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        await Grants.AddAsync(node.Store);
        var cached = CachedGrantStore.Around(node.Store, TimeProvider.System, node.Log.CreateLogger("cache"));
        await cached.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        int before = proxy.RoundTrips;
        await cached.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        Assert.That(proxy.RoundTrips, Is.EqualTo(before));
    }

    [Test]
    [Description("After a reconnect, entries are read again")]
    public async Task After_a_reconnect_entries_are_read_again()
    {
        string schema = Node.NewSchema();
        await using var proxy = await Proxy.StartAsync();
        await using var one = await NodeAsync(schema);
        await using var other = Node.Start(proxy.ConnectionString, schema);
        var grant = await Grants.AddAsync(one.Cache);
        await other.Cache.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Disconnect();
        await Eventually.UntilAsync(() => !other.Store.IsConnected);
        await one.Cache.TryReplaceAsync(Grants.Next(grant), default);
        Assert.That((await Grants.FindSingleAsync(other.Cache)).Generation, Is.EqualTo(1), "during the outage");
        proxy.Restore();
        await Eventually.UntilAsync(() => other.Store.IsConnected);

        await WaitForGrantsAsync(other, grants => grants.Single().Generation == 2);
    }

    [Test]
    [Description("A grant with an unknown key does not affect the owner's other grants; alone, it throws an exception that names the key")]
    public async Task Grant_with_an_unknown_key_does_not_affect_other_grants()
    {
        string schema = Node.NewSchema();
        await using (var old = await NodeAsync(schema, configure: o => o.EncryptWith("old", Node.OtherKey)))
            await Grants.AddAsync(old.Cache);
        await using var node = await NodeAsync(schema);

        Assert.That(
            async () => await node.Cache.FindAsync("photos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("DecryptWith(\"old\", …)")
        );

        var readable = await Grants.AddAsync(node.Cache);
        Assert.That((await node.Cache.FindAsync("photos", GrantOwner.User("42"), default)).Single().Id, Is.EqualTo(readable.Id));
        Assert.That(node.Log.Entries.Select(entry => entry.Message), Has.Some.Contains("DecryptWith(\"old\", …)"));
    }

    private static async Task<Grant> ReplaceAsync(Node node, Grant grant)
    {
        var newer = Grants.Next(grant);
        Assert.That(await node.Cache.TryReplaceAsync(newer, default), Is.True);
        return newer;
    }

    private static Task WaitForGrantsAsync(Node node, Func<IReadOnlyList<Grant>, bool> condition)
    {
        IReadOnlyList<Grant>? grants = null;
        return Eventually.UntilAsync(
            () => grants is not null && condition(grants),
            async () => grants = await node.Cache.FindAsync("photos", GrantOwner.User("42"), default)
        );
    }

    internal static async Task<Node> NodeAsync(
        string? schema = null,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    ) => Node.Start((await Cluster.RequireAsync()).ConnectionString, schema ?? Node.NewSchema(), time, configure);
}
