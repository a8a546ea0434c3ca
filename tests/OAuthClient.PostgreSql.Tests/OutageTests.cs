using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests outages and restarts of the database.</summary>
[TestFixture]
public sealed class OutageTests
{
    [Test]
    [Description(
        "PostgreSQL down: what is known is served, no lease is given, so no refresh token is spent, and nothing that changes pretends to "
            + "have been done"
    )]
    public async Task While_the_database_is_away()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddedAsync(node.Store);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Cut();
        await Eventually.UntilAsync(() => !node.Store.IsConnected);

        Assert.That((await Grants.OnlyAsync(node.Store)).Id, Is.EqualTo(grant.Id));
        Assert.That(node.Store.Fault, Is.Not.Null);
        Assert.That(
            node.Store.UnavailableReason,
            Does.Contain("lost its notification").And.Contain(node.Store.Fault!.GetType().Name).And.Not.Contain(node.Store.Fault.Message)
        );
        Assert.That(
            async () => await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(async () => await node.Store.TryReplaceAsync(Grants.After(grant), default), Throws.InstanceOf<NpgsqlException>());
        Assert.That(async () => await node.Store.AddAsync(Grants.New(), default), Throws.InstanceOf<NpgsqlException>());
        Assert.That(async () => await node.Store.RemoveAsync(grant, default), Throws.InstanceOf<NpgsqlException>());
        Assert.That(
            async () => await node.Store.ReleaseLeaseAsync(new(grant.Id, 1, 1), RefreshTokenStatus.Unused, default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(
            async () => await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.User("another"), default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That((await Grants.OnlyAsync(node.Store)).Generation, Is.EqualTo(1), "unchanged");

        proxy.Mend();
        await Eventually.UntilAsync(() => node.Store.IsConnected);
        Assert.That(node.Store.Fault, Is.Null);
        Assert.That(node.Store.UnavailableReason, Is.Null);
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(grant), default), Is.True);
    }

    [Test]
    [Description(
        "In an outage, an entry that may have missed a notification is served for one minute without a read for each call. The health "
            + "check reports the outage"
    )]
    public async Task A_long_outage([Values] bool behindTransactionPooler)
    {
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(
            proxy.ConnectionString,
            Node.NewSchema(),
            clock,
            o => o.BehindTransactionPooler = behindTransactionPooler
        );
        await Grants.AddedAsync(node.Store);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Cut();
        await Eventually.UntilAsync(() => behindTransactionPooler || !node.Store.IsConnected);
        clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));

        for (int i = 0; i < 10; i++)
            await Grants.OnlyAsync(node.Store);
        await Eventually.UntilAsync(() => node.Store.UnavailableReason?.Contains("cannot be reached", StringComparison.Ordinal) == true);
        // A failed read is not repeated by each caller.
        Assert.That(node.Store.FindAsync("photos", GrantOwner.User("42"), default).AsTask().IsCompletedSuccessfully, Is.True);

        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());
        proxy.Mend();
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "after the outage");
    }

    [Test]
    [Description("An entry with a notified change is not served in an outage")]
    public async Task Notified_change_in_an_outage()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var other = Node.Start((await Cluster.RequireAsync()).ConnectionString, schema);
        await using var node = await Node.OpenAsync(proxy.ConnectionString, schema, clock);
        var grant = await Grants.AddedAsync(other.Store);
        await Grants.LeaseAsync(other.Store, grant);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
        // Only the notification completes the wait, because the clock stands still.
        var waiting = await node.WaitingAsync(grant, clock);
        await other.Store.RemoveAsync(grant, default);
        await waiting.Promptly();

        proxy.Cut();

        Assert.That(async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());
        proxy.Mend();
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description(
        "A check whether a user is signed in never uses an entry that may be outdated: it fails in an outage, and reads the database if "
            + "there are no notifications"
    )]
    public async Task Current_grants([Values] bool behindTransactionPooler)
    {
        string schema = Node.NewSchema();
        await using var proxy = await Proxy.StartAsync();
        await using var other = Node.Start((await Cluster.RequireAsync()).ConnectionString, schema);
        await using var node = await Node.OpenAsync(
            proxy.ConnectionString,
            schema,
            new ManualTimeProvider(),
            o => o.BehindTransactionPooler = behindTransactionPooler
        );
        var grant = await Grants.AddedAsync(other.Store);
        await node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        int before = proxy.RoundTrips;
        await node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(behindTransactionPooler ? 1 : 0), "cached only with notifications");

        if (behindTransactionPooler)
        {
            await other.Store.RemoveAsync(grant, default);
            Assert.That(await node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default), Is.Empty, "at once");
            await Grants.AddedAsync(other.Store);
            await node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        }
        proxy.Cut();
        await Eventually.UntilAsync(() => behindTransactionPooler || !node.Store.IsConnected);

        Assert.That(
            async () => await node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "access tokens are served");
        Assert.That(node.Store.UnavailableReason, Does.Contain("signed in"));
    }

    [Test]
    [Description("A node that starts before its database works once the database is available")]
    public async Task Started_before_the_database()
    {
        await using var proxy = await Proxy.StartAsync();
        proxy.Cut();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        Assert.That(async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());

        proxy.Mend();
        var grant = await Grants.AddedAsync(node.Store);
        await Eventually.UntilAsync(() => node.Store.IsConnected);
        await Grants.LeaseAsync(node.Store, grant);
    }

    [Test]
    [Description(
        "After a restart or a crash of the server, the lease is still held, its holder can save the grant, and closed pooled connections "
            + "cause no errors"
    )]
    public async Task A_restart([Values] bool crash)
    {
        await using var cluster = await Cluster.StartOwnAsync();
        string schema = Node.NewSchema();
        await using var holder = Node.Start(cluster.ConnectionString, schema);
        await using var other = Node.Start(cluster.ConnectionString, schema);
        var grant = await Grants.AddedAsync(holder.Store);
        await other.Store.FindAsync("photos", GrantOwner.User("42"), default);
        var lease = await Grants.LeaseAsync(holder.Store, grant);

        await cluster.RestartServerAsync(immediately: crash);

        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null, "the lease is held");
        var renewed = await holder.Store.TryAcquireLeaseAsync(grant, lease, Grants.Long, default);
        Assert.That(
            (renewed.Lease is not null, renewed.PreviousStatus),
            Is.EqualTo((true, RefreshTokenStatus.Unused)),
            "and is still the holder's"
        );
        Assert.That(await holder.Store.TryReplaceAsync(Grants.After(grant), default), Is.True);
        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Current!.Generation, Is.EqualTo(2));
        await Eventually.UntilAsync(() => holder.Store.IsConnected && other.Store.IsConnected);
    }

    [Test]
    [Description("A disposed node closes its connection, releases its lock and serves no grants")]
    public async Task Stopped()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        var node = Node.Start(cluster.ConnectionString + ";Application Name=stopped", schema);
        await Grants.AddedAsync(node.Store);
        await node.DisposeAsync();
        await node.DisposeAsync();

        long left = -1;
        await Eventually.UntilAsync(
            () => left == 0,
            async () =>
                left = await Sql.ReadAsync<long>(cluster, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stopped'")
        );
        Assert.That(
            async () => await node.Store.TryAcquireLeaseAsync(Grants.New(), held: null, Grants.Long, default),
            Throws.TypeOf<ObjectDisposedException>()
        );
    }

    [Test]
    [Description("After disposal, a shared data source has no locks and no LISTEN")]
    public async Task A_shared_data_source_is_left_clean()
    {
        var cluster = await Cluster.RequireAsync();
        await using var source = NpgsqlDataSource.Create(
            cluster.ConnectionString + ";Application Name=shared;Maximum Pool Size=2;No Reset On Close=true"
        );
        PostgresGrantStoreOptions options = new() { Schema = Node.NewSchema() };
        options.EncryptWith("first", Node.Key);
        await using (
            PostgresGrantStore store = new(options, source, ownsSource: false, TimeProvider.System, new RecordedLog().CreateLogger("store"))
        )
            await Grants.AddedAsync(store);

        await using var command = source.CreateCommand(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE application_name = 'shared' AND locktype = 'advisory'"
        );
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(0L));
    }
}
