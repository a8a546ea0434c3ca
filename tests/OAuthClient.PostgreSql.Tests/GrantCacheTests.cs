namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that the cache serves grants, and that changes of other nodes reach it.</summary>
[TestFixture]
public sealed class GrantCacheTests
{
    [Test]
    [Description("A read of a cached grant completes synchronously and allocates nothing")]
    public async Task Reading_a_cached_grant_allocates_nothing()
    {
        await using var node = await NodeAsync();
        await Grants.AddAsync(node.Store);
        GrantOwner owner = GrantOwner.User("42");
        await node.Store.FindAsync("photos", owner, default);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int thread = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 1000; i++)
            await node.Store.FindAsync("photos", owner, default);

        Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000), "fewer bytes than calls");
    }

    [Test]
    [Description("Own changes are visible immediately, and notifications report those of other nodes: added, replaced, removed")]
    public async Task Changes_of_other_nodes_are_visible()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        // The clock of this node does not advance, so no entry is read again because of its age.
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var first = await Grants.AddAsync(one.Store);
        await other.Store.FindAsync("photos", GrantOwner.User("42"), default);

        var second = await Grants.AddAsync(one.Store);
        await WaitForGrantsAsync(other, grants => grants.Count == 2);
        Assert.That((await one.Store.FindAsync("photos", GrantOwner.User("42"), default))[0].Id, Is.EqualTo(second.Id));

        await one.Store.TryReplaceAsync(Grants.Next(first), default);
        await WaitForGrantsAsync(other, grants => grants[1].Generation == 2);

        await one.Store.RemoveAsync(second, default);
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
        var grant = await Grants.AddAsync(one.Store);
        await pooled.Store.FindAsync("photos", GrantOwner.User("42"), default);

        grant = await ReplaceAsync(one, grant);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That((await Grants.FindSingleAsync(pooled.Store)).Generation, Is.EqualTo(1), "fresh");
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That((await Grants.FindSingleAsync(pooled.Store)).Generation, Is.EqualTo(1), "stale");
        await WaitForGrantsAsync(pooled, grants => grants.Single().Generation == 2);

        await ReplaceAsync(one, grant);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await Grants.FindSingleAsync(pooled.Store)).Generation, Is.EqualTo(3), "expired");
    }

    [Test]
    [Description("A notification may be lost: an entry that is 5 minutes old is read again in the background")]
    public async Task Entries_are_read_again_after_a_lost_notification()
    {
        ManualTimeProvider clock = new();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, clock);
        await Grants.AddAsync(node.Store);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
        await Sql.RunAsync(await Cluster.RequireAsync(), $"DELETE FROM {schema}.grants_v4");

        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(
            await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Has.Count.EqualTo(1),
            "the stale entry is served during the read"
        );
        await WaitForGrantsAsync(node, grants => grants.Count == 0);
    }

    [Test]
    [Description("After a reconnect, entries are read again")]
    public async Task After_a_reconnect_entries_are_read_again()
    {
        string schema = Node.NewSchema();
        await using var proxy = await Proxy.StartAsync();
        await using var one = await NodeAsync(schema);
        await using var other = Node.Start(proxy.ConnectionString, schema);
        var grant = await Grants.AddAsync(one.Store);
        await other.Store.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Disconnect();
        await Eventually.UntilAsync(() => !other.Store.IsConnected);
        await one.Store.TryReplaceAsync(Grants.Next(grant), default);
        Assert.That((await Grants.FindSingleAsync(other.Store)).Generation, Is.EqualTo(1), "during the outage");
        proxy.Restore();
        await Eventually.UntilAsync(() => other.Store.IsConnected);

        await WaitForGrantsAsync(other, grants => grants.Single().Generation == 2);
    }

    [Test]
    [Description("A change during a read causes another read, and an older generation does not replace a newer one")]
    public async Task A_change_during_a_read_causes_another_read()
    {
        var grant = Grants.New();
        Queue<TaskCompletionSource<IReadOnlyList<Grant>>> reads = new([new(), new()]);
        GrantCache? cache = null;
        ChangeNotificationFormat notifications = new("schema", 1);
        cache = new(TimeProvider.System, 10, notifications, new RecordedLog().CreateLogger("cache"), (_, _) => reads.Dequeue().Task);
        var (first, second) = (reads.ToArray()[0], reads.ToArray()[1]);
        cache.StartListening();

        var result = cache.FindAsync("photos", GrantOwner.User("42"), default).AsTask();
        await Eventually.UntilAsync(() => reads.Count == 1);
        cache.Invalidate(notifications.Of("photos", GrantOwner.User("42")));
        first.SetResult([grant]);
        await Eventually.UntilAsync(() => reads.Count == 0);
        second.SetResult([Grants.Next(grant)]);

        Assert.That((await result.Promptly()).Single().Generation, Is.EqualTo(2));
        cache.Replace(grant);
        Assert.That((await cache.FindAsync("photos", GrantOwner.User("42"), default)).Single().Generation, Is.EqualTo(2));
    }

    [Test]
    [Description("After a failed read, entries are served for 5 seconds without another read")]
    public async Task Failed_read_is_not_repeated_by_each_caller()
    {
        ManualTimeProvider clock = new();
        int reads = 0;
        bool isUnavailable = false;
        ChangeNotificationFormat notifications = new("schema", 1);
        IReadOnlyList<Grant> stored = [Grants.New()];
        RecordedLog log = new();
        GrantCache cache = new(
            clock,
            10,
            notifications,
            log.CreateLogger("cache"),
            (_, _) =>
            {
                Interlocked.Increment(ref reads);
                return isUnavailable ? Task.FromException<IReadOnlyList<Grant>>(new Npgsql.NpgsqlException()) : Task.FromResult(stored);
            }
        );
        await cache.FindAsync("photos", GrantOwner.User("42"), default);
        isUnavailable = true;
        clock.Advance(TimeSpan.FromSeconds(5));

        for (int i = 0; i < 10; i++)
        {
            Assert.That(await cache.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
            await Eventually.UntilAsync(() => Volatile.Read(ref reads) == 2 && log.Entries.Count == 1);
        }
        Assert.That(reads, Is.EqualTo(2));
        clock.Advance(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 10; i++)
        {
            await cache.FindAsync("photos", GrantOwner.User("42"), default);
            await Eventually.UntilAsync(() => Volatile.Read(ref reads) == 3);
        }

        isUnavailable = false;
        clock.Advance(TimeSpan.FromMinutes(1));
        stored = [Grants.New(), .. stored];
        Assert.That(await cache.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(2));
        Assert.That(async () => await cache.FindAsync("photos", GrantOwner.User("another"), default), Throws.Nothing);
    }

    [Test]
    [Description("After a refused replacement, the caller reads the stored generation and not the cached one")]
    public async Task Refused_replacement_invalidates_the_entry()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var pooled = await NodeAsync(schema, new ManualTimeProvider(), o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddAsync(one.Store);
        await pooled.Store.FindAsync("photos", GrantOwner.User("42"), default);
        await ReplaceAsync(one, grant);

        Assert.That(await pooled.Store.TryReplaceAsync(Grants.Next(grant), default), Is.False);
        Assert.That((await Grants.FindSingleAsync(pooled.Store)).Generation, Is.EqualTo(2));
    }

    [Test]
    [Description("The response to a lease request updates the cache with a newer generation, or removes the grant")]
    public async Task Refused_lease_updates_the_cache()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var pooled = await NodeAsync(schema, new ManualTimeProvider(), o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddAsync(one.Store);
        await pooled.Store.FindAsync("photos", GrantOwner.User("42"), default);

        var newer = await ReplaceAsync(one, grant);
        await pooled.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default);
        Assert.That((await Grants.FindSingleAsync(pooled.Store)).Generation, Is.EqualTo(2));

        await one.Store.RemoveAsync(newer, default);
        await pooled.Store.TryAcquireLeaseAsync(newer, held: null, Grants.LeaseDuration, default);
        Assert.That(await pooled.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);

        await Grants.AddAsync(one.Store);
        Assert.That(await pooled.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "absence is not cached");
    }

    [Test]
    [Description("A grant with an unknown key does not affect the owner's other grants; alone, it throws an exception that names the key")]
    public async Task Grant_with_an_unknown_key_does_not_affect_other_grants()
    {
        string schema = Node.NewSchema();
        await using (var old = await NodeAsync(schema, configure: o => o.EncryptWith("old", Node.OtherKey)))
            await Grants.AddAsync(old.Store);
        await using var node = await NodeAsync(schema);

        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("DecryptWith(\"old\", …)")
        );

        var readable = await Grants.AddAsync(node.Store);
        Assert.That((await node.Store.FindAsync("photos", GrantOwner.User("42"), default)).Single().Id, Is.EqualTo(readable.Id));
        Assert.That(node.Log.Entries.Select(entry => entry.Message), Has.Some.Contains("DecryptWith(\"old\", …)"));
    }

    private static async Task<Grant> ReplaceAsync(Node node, Grant grant)
    {
        var newer = Grants.Next(grant);
        Assert.That(await node.Store.TryReplaceAsync(newer, default), Is.True);
        return newer;
    }

    private static Task WaitForGrantsAsync(Node node, Func<IReadOnlyList<Grant>, bool> condition)
    {
        IReadOnlyList<Grant>? grants = null;
        return Eventually.UntilAsync(
            () => grants is not null && condition(grants),
            async () => grants = await node.Store.FindAsync("photos", GrantOwner.User("42"), default)
        );
    }

    internal static async Task<Node> NodeAsync(
        string? schema = null,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    ) => Node.Start((await Cluster.RequireAsync()).ConnectionString, schema ?? Node.NewSchema(), time, configure);
}
