namespace OAuthClient.PostgreSql.Tests;

/// <summary>Reading from memory: at once, bounded, and never behind for long.</summary>
[TestFixture]
public sealed class GrantCacheTests
{
    [Test]
    [Description("Rule 2: reading what is known takes no task and no allocation")]
    public async Task Reading_allocates_nothing()
    {
        await using var node = await NodeAsync();
        await Grants.AddedAsync(node.Store);
        GrantOwner owner = GrantOwner.User("42");
        await node.Store.FindAsync("photos", owner, default);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int thread = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 1000; i++)
            await node.Store.FindAsync("photos", owner, default);

        Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000), "not one byte for each");
    }

    [Test]
    [Description("What this node changes it knows at once, and every change by another node is heard of: added, replaced, removed")]
    public async Task Changes_by_other_nodes_are_heard_of()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        // No clock moves there: nothing is read again because of its age.
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var first = await Grants.AddedAsync(one.Store);
        await other.Store.FindAsync("photos", GrantOwner.User("42"), default);

        var second = await Grants.AddedAsync(one.Store);
        await SeesAsync(other, grants => grants.Count == 2);
        Assert.That((await one.Store.FindAsync("photos", GrantOwner.User("42"), default))[0].Id, Is.EqualTo(second.Id));

        await one.Store.TryReplaceAsync(Grants.After(first), default);
        await SeesAsync(other, grants => grants[1].Generation == 2);

        await one.Store.RemoveAsync(second, default);
        await SeesAsync(other, grants => grants.Count == 1);
    }

    [Test]
    [Description(
        "Where nothing can be heard, behind a transaction pooler, what is known serves while it is young, is read again meanwhile, and not trusted when a minute old"
    )]
    public async Task Without_hints_age_counts()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var one = await NodeAsync(schema);
        await using var deaf = await NodeAsync(schema, clock, o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddedAsync(one.Store);
        await deaf.Store.FindAsync("photos", GrantOwner.User("42"), default);

        grant = await ReplacedAsync(one, grant);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That((await Grants.OnlyAsync(deaf.Store)).Generation, Is.EqualTo(1), "young");
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That((await Grants.OnlyAsync(deaf.Store)).Generation, Is.EqualTo(1), "older");
        await SeesAsync(deaf, grants => grants.Single().Generation == 2);

        await ReplacedAsync(one, grant);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await Grants.OnlyAsync(deaf.Store)).Generation, Is.EqualTo(3), "too old");
    }

    [Test]
    [Description("A hint may be lost: what is known for five minutes is read again, and serves meanwhile")]
    public async Task A_hint_may_be_lost()
    {
        ManualTimeProvider clock = new();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, clock);
        await Grants.AddedAsync(node.Store);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
        await Sql.RunAsync(await Cluster.RequireAsync(), $"DELETE FROM {schema}.grants_v4");

        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "meanwhile");
        await SeesAsync(node, grants => grants.Count == 0);
    }

    [Test]
    [Description("What was missed while the connection was lost is read when it is back")]
    public async Task After_connecting_anew_everything_is_read_again()
    {
        string schema = Node.NewSchema();
        await using var proxy = await Proxy.StartAsync();
        await using var one = await NodeAsync(schema);
        await using var other = Node.Start(proxy.ConnectionString, schema);
        var grant = await Grants.AddedAsync(one.Store);
        await other.Store.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Cut();
        await Eventually.UntilAsync(() => !other.Store.IsConnected);
        await one.Store.TryReplaceAsync(Grants.After(grant), default);
        Assert.That((await Grants.OnlyAsync(other.Store)).Generation, Is.EqualTo(1), "while it is away");
        proxy.Mend();
        await Eventually.UntilAsync(() => other.Store.IsConnected);

        await SeesAsync(other, grants => grants.Single().Generation == 2);
    }

    [Test]
    [Description("A change while the database is read may not be in what was read: it is read again, and what is older does not come back")]
    public async Task A_change_while_reading()
    {
        var grant = Grants.New();
        Queue<TaskCompletionSource<IReadOnlyList<Grant>>> reads = new([new(), new()]);
        GrantCache? cache = null;
        ChangeNotifications notifications = new("schema", 1);
        cache = new(TimeProvider.System, 10, notifications, new RecordedLog().CreateLogger("known"), (_, _) => reads.Dequeue().Task);
        var (first, second) = (reads.ToArray()[0], reads.ToArray()[1]);
        cache.StartListening();

        var finding = cache.FindAsync("photos", GrantOwner.User("42"), default).AsTask();
        await Eventually.UntilAsync(() => reads.Count == 1);
        cache.Invalidate(notifications.Of("photos", GrantOwner.User("42")));
        first.SetResult([grant]);
        await Eventually.UntilAsync(() => reads.Count == 0);
        second.SetResult([Grants.After(grant)]);

        Assert.That((await finding.Promptly()).Single().Generation, Is.EqualTo(2));
        cache.Replace(grant);
        Assert.That((await cache.FindAsync("photos", GrantOwner.User("42"), default)).Single().Generation, Is.EqualTo(2));
    }

    [Test]
    [Description(
        "A database that does not answer is not waited for by every caller: for five seconds what is known is served without asking"
    )]
    public async Task A_fault_spares_the_next_callers_the_wait()
    {
        ManualTimeProvider clock = new();
        int reads = 0;
        bool isAway = false;
        ChangeNotifications notifications = new("schema", 1);
        IReadOnlyList<Grant> stored = [Grants.New()];
        RecordedLog log = new();
        GrantCache cache = new(
            clock,
            10,
            notifications,
            log.CreateLogger("known"),
            (_, _) =>
            {
                Interlocked.Increment(ref reads);
                return isAway ? Task.FromException<IReadOnlyList<Grant>>(new Npgsql.NpgsqlException()) : Task.FromResult(stored);
            }
        );
        await cache.FindAsync("photos", GrantOwner.User("42"), default);
        isAway = true;
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

        isAway = false;
        clock.Advance(TimeSpan.FromMinutes(1));
        stored = [Grants.New(), .. stored];
        Assert.That(await cache.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(2));
        Assert.That(async () => await cache.FindAsync("photos", GrantOwner.User("another"), default), Throws.Nothing);
    }

    [Test]
    [Description("Whoever was refused to save looks again, and finds what is stored and not what this node remembers")]
    public async Task A_refused_save_is_looked_at_anew()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var deaf = await NodeAsync(schema, new ManualTimeProvider(), o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddedAsync(one.Store);
        await deaf.Store.FindAsync("photos", GrantOwner.User("42"), default);
        await ReplacedAsync(one, grant);

        Assert.That(await deaf.Store.TryReplaceAsync(Grants.After(grant), default), Is.False);
        Assert.That((await Grants.OnlyAsync(deaf.Store)).Generation, Is.EqualTo(2));
    }

    [Test]
    [Description("What the store says when it is asked for a lease is known from then on: a newer generation, or none")]
    public async Task A_lease_that_was_not_given_tells()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var deaf = await NodeAsync(schema, new ManualTimeProvider(), o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddedAsync(one.Store);
        await deaf.Store.FindAsync("photos", GrantOwner.User("42"), default);

        var newer = await ReplacedAsync(one, grant);
        await deaf.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default);
        Assert.That((await Grants.OnlyAsync(deaf.Store)).Generation, Is.EqualTo(2));

        await one.Store.RemoveAsync(newer, default);
        await deaf.Store.TryAcquireLeaseAsync(newer, held: null, Grants.Long, default);
        Assert.That(await deaf.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);

        await Grants.AddedAsync(one.Store);
        Assert.That(await deaf.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "nothing is not kept");
    }

    [Test]
    [Description("Memory is bounded: the owners used least are forgotten")]
    public async Task Bounded()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema(), configure: o => o.MaximumOwnersInMemory = 3);
        foreach (string owner in new[] { "a", "b", "c", "d" })
            await Grants.AddedAsync(node.Store, owner);
        foreach (string owner in new[] { "a", "b", "c" })
            await node.Store.FindAsync("photos", GrantOwner.User(owner), default);
        await node.Store.FindAsync("photos", GrantOwner.User("d"), default);

        proxy.Cut();
        int known = 0;
        foreach (string owner in new[] { "a", "b", "c", "d" })
            known += await IsKnownAsync(node, owner) ? 1 : 0;
        Assert.That(known, Is.EqualTo(3));
        Assert.That(await IsKnownAsync(node, "d"), Is.True, "the last");
    }

    [Test]
    [Description("An owner without grants takes no memory: whoever asks for made-up names fills nothing")]
    public async Task Nothing_is_not_kept()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        await node.Store.FindAsync("photos", GrantOwner.User("unknown"), default);
        proxy.Cut();
        Assert.That(await IsKnownAsync(node, "unknown"), Is.False);
    }

    [Test]
    [Description("One read for all who ask for the same owner at the same moment, and a caller who cancels stops waiting alone")]
    public async Task One_read_for_all()
    {
        await using var proxy = await Proxy.StartAsync();
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await Grants.AddedAsync(one.Store);
        await using var node = Node.Start(proxy.ConnectionString, schema);
        await node.Store.FindAsync("photos", GrantOwner.User("unknown"), default);
        int before = proxy.RoundTrips;

        var found = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => node.Store.FindAsync("photos", GrantOwner.User("42"), default).AsTask())
        );

        Assert.That(found.Select(grants => grants.Count), Is.All.EqualTo(1));
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(1));
    }

    [Test]
    [Description("A grant whose key is lost does not take the owner's others with it; alone, it says which key")]
    public async Task A_grant_whose_key_is_lost()
    {
        string schema = Node.NewSchema();
        await using (var old = await NodeAsync(schema, configure: o => o.EncryptWith("old", Node.OtherKey)))
            await Grants.AddedAsync(old.Store);
        await using var node = await NodeAsync(schema);

        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("DecryptWith(\"old\", …)")
        );

        var readable = await Grants.AddedAsync(node.Store);
        Assert.That((await node.Store.FindAsync("photos", GrantOwner.User("42"), default)).Single().Id, Is.EqualTo(readable.Id));
        Assert.That(node.Log.Entries.Select(entry => entry.Message), Has.Some.Contains("DecryptWith(\"old\", …)"));
    }

    private static async Task<Grant> ReplacedAsync(Node node, Grant grant)
    {
        var newer = Grants.After(grant);
        Assert.That(await node.Store.TryReplaceAsync(newer, default), Is.True);
        return newer;
    }

    private static Task SeesAsync(Node node, Func<IReadOnlyList<Grant>, bool> condition)
    {
        IReadOnlyList<Grant>? grants = null;
        return Eventually.UntilAsync(
            () => grants is not null && condition(grants),
            async () => grants = await node.Store.FindAsync("photos", GrantOwner.User("42"), default)
        );
    }

    private static async Task<bool> IsKnownAsync(Node node, string owner)
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

    private static async Task<Node> NodeAsync(
        string? schema = null,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    ) => Node.Start((await Cluster.RequireAsync()).ConnectionString, schema ?? Node.NewSchema(), time, configure);
}
