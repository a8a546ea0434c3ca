namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the capacity of the cache, and that concurrent callers share one read.</summary>
[TestFixture]
public sealed class GrantCacheCapacityTests
{
    [Test]
    [Description("The cache is bounded: the least recently used owners are evicted")]
    public async Task Capacity_is_bounded()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema(), configure: o => o.MaximumOwnersInMemory = 3);
        foreach (string owner in new[] { "a", "b", "c", "d" })
            await Grants.AddAsync(node.Store, owner);
        foreach (string owner in new[] { "a", "b", "c" })
            await node.Store.FindAsync("photos", GrantOwner.User(owner), default);
        await node.Store.FindAsync("photos", GrantOwner.User("d"), default);

        proxy.Disconnect();
        int cached = 0;
        foreach (string owner in new[] { "a", "b", "c", "d" })
            cached += await IsCachedAsync(node, owner) ? 1 : 0;
        Assert.That(cached, Is.EqualTo(3));
        Assert.That(await IsCachedAsync(node, "d"), Is.True, "the most recently used owner is cached");
    }

    [Test]
    [Description("An owner without grants occupies no entry, so requests for unknown names do not fill the cache")]
    public async Task Absence_is_not_cached()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        await node.Store.FindAsync("photos", GrantOwner.User("unknown"), default);
        proxy.Disconnect();
        Assert.That(await IsCachedAsync(node, "unknown"), Is.False);
    }

    [Test]
    [Description("Concurrent callers share one read of an owner")]
    public async Task Concurrent_callers_share_one_read()
    {
        await using var proxy = await Proxy.StartAsync();
        string schema = Node.NewSchema();
        await using var one = await GrantCacheTests.NodeAsync(schema);
        await Grants.AddAsync(one.Store);
        await using var node = Node.Start(proxy.ConnectionString, schema);
        await node.Store.FindAsync("photos", GrantOwner.User("unknown"), default);
        int before = proxy.RoundTrips;

        var found = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => node.Store.FindAsync("photos", GrantOwner.User("42"), default).AsTask())
        );

        Assert.That(found.Select(grants => grants.Count), Is.All.EqualTo(1));
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(1));
    }

    private static async Task<bool> IsCachedAsync(Node node, string owner)
    {
        try
        {
            return (await node.Store.FindAsync("photos", GrantOwner.User(owner), default)).Count > 0;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }
}
