using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests outages and restarts of the database.</summary>
[TestFixture]
public sealed class OutageTests
{
    [Test]
    [Description("In an outage, cached grants are served. Lease requests and changes throw an exception, so that no refresh token is sent")]
    public async Task Cached_grants_are_served_and_changes_fail_in_an_outage()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddAsync(node.Cache);
        await node.Cache.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Disconnect();
        await Eventually.UntilAsync(() => !node.Store.IsConnected);

        Assert.That((await Grants.FindSingleAsync(node.Cache)).Id, Is.EqualTo(grant.Id));
        Assert.That(node.Store.Fault, Is.Not.Null);
        Assert.That(
            node.Store.UnavailableReason,
            Does.Contain("lost its notification").And.Contain(node.Store.Fault!.GetType().Name).And.Not.Contain(node.Store.Fault.Message)
        );
        Assert.That(
            async () => await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(async () => await node.Cache.TryReplaceAsync(Grants.Next(grant), default), Throws.InstanceOf<NpgsqlException>());
        Assert.That(async () => await node.Cache.AddAsync(Grants.New(), default), Throws.InstanceOf<NpgsqlException>());
        Assert.That(async () => await node.Cache.RemoveAsync(grant, default), Throws.InstanceOf<NpgsqlException>());
        Assert.That(
            async () => await node.Cache.ReleaseLeaseAsync(new(grant.Id, 1, 1), RefreshTokenStatus.Unused, default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(
            async () => await node.Cache.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(
            async () => await node.Cache.FindAsync("photos", GrantOwner.User("another"), default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That((await Grants.FindSingleAsync(node.Cache)).Generation, Is.EqualTo(1), "unchanged");

        proxy.Restore();
        await Eventually.UntilAsync(() => node.Store.IsConnected);
        Assert.That(node.Store.Fault, Is.Null);
        // A statement that began during the outage may fail after the connection is back.
        await Eventually.UntilAsync(
            () => node.Store.UnavailableReason is null,
            async () => await node.Cache.FindByFingerprintAsync("unknown", default)
        );
        Assert.That(await node.Cache.TryReplaceAsync(Grants.Next(grant), default), Is.True);
    }

    [Test]
    [Description(
        "In an outage, an entry that may have missed a notification is served for one minute without a read for each call. The health "
            + "check reports the outage"
    )]
    public async Task Entries_expire_after_one_minute_of_an_outage([Values] bool behindTransactionPooler)
    {
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(
            proxy.ConnectionString,
            Node.NewSchema(),
            clock,
            o => o.BehindTransactionPooler = behindTransactionPooler
        );
        await Grants.AddAsync(node.Cache);
        await node.Cache.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.Disconnect();
        await Eventually.UntilAsync(() => behindTransactionPooler || !node.Store.IsConnected);
        clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));

        for (int i = 0; i < 10; i++)
            await Grants.FindSingleAsync(node.Cache);
        await Eventually.UntilAsync(() => node.Store.UnavailableReason?.Contains("cannot be reached", StringComparison.Ordinal) == true);
        // A failed read is not repeated by each caller.
        Assert.That(node.Cache.FindAsync("photos", GrantOwner.User("42"), default).AsTask().IsCompletedSuccessfully, Is.True);

        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(async () => await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());
        proxy.Restore();
        Assert.That(await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "after the outage");
    }

    [Test]
    [Description("An entry with a notified change is not served in an outage")]
    public async Task Entry_with_a_notified_change_is_not_served()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var other = Node.Start((await Cluster.RequireAsync()).ConnectionString, schema);
        await using var node = await Node.OpenAsync(proxy.ConnectionString, schema, clock);
        var grant = await Grants.AddAsync(other.Cache);
        await Grants.AcquireLeaseAsync(other.Cache, grant);
        await node.Cache.FindAsync("photos", GrantOwner.User("42"), default);
        // Only the notification completes the wait, because the clock does not advance.
        var waiting = await node.StartWaitingAsync(grant, clock);
        await other.Cache.RemoveAsync(grant, default);
        await waiting.Promptly();

        proxy.Disconnect();

        Assert.That(async () => await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());
        proxy.Restore();
        Assert.That(await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description(
        "A check whether a user is signed in never uses an entry that may be outdated: it fails in an outage, and reads the database if "
            + "there are no notifications"
    )]
    public async Task Sign_in_check_does_not_use_an_outdated_entry([Values] bool behindTransactionPooler)
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
        var grant = await Grants.AddAsync(other.Cache);
        await node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        int before = proxy.RoundTrips;
        await node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(behindTransactionPooler ? 1 : 0), "cached only with notifications");

        if (behindTransactionPooler)
        {
            await other.Cache.RemoveAsync(grant, default);
            Assert.That(
                await node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default),
                Is.Empty,
                "the removal is visible at the next call"
            );
            await Grants.AddAsync(other.Cache);
            await node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default);
        }
        proxy.Disconnect();
        await Eventually.UntilAsync(() => behindTransactionPooler || !node.Store.IsConnected);

        Assert.That(
            async () => await node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default),
            Throws.InstanceOf<NpgsqlException>()
        );
        Assert.That(await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1), "access tokens are served");
        Assert.That(node.Store.UnavailableReason, Does.Contain("signed in"));
    }

    [Test]
    [Description("A node that starts before its database works once the database is available")]
    public async Task A_node_can_start_before_its_database()
    {
        await using var proxy = await Proxy.StartAsync();
        proxy.Disconnect();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        Assert.That(async () => await node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());

        proxy.Restore();
        var grant = await Grants.AddAsync(node.Cache);
        await Eventually.UntilAsync(() => node.Store.IsConnected);
        await Grants.AcquireLeaseAsync(node.Cache, grant);
    }

    [Test]
    [Description(
        "After a restart or a crash of the server, the lease is still held, its holder can save the grant, and closed pooled connections "
            + "cause no errors"
    )]
    public async Task Lease_is_held_after_a_restart([Values] bool crash)
    {
        await using var cluster = await Cluster.StartOwnAsync();
        string schema = Node.NewSchema();
        await using var holder = Node.Start(cluster.ConnectionString, schema);
        await using var other = Node.Start(cluster.ConnectionString, schema);
        var grant = await Grants.AddAsync(holder.Cache);
        await other.Cache.FindAsync("photos", GrantOwner.User("42"), default);
        var lease = await Grants.AcquireLeaseAsync(holder.Cache, grant);

        await cluster.RestartServerAsync(immediately: crash);

        Assert.That(
            (await other.Cache.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Lease,
            Is.Null,
            "the lease is held"
        );
        var renewed = await holder.Cache.TryAcquireLeaseAsync(grant, lease, Grants.LeaseDuration, default);
        Assert.That(
            (renewed.Lease is not null, renewed.PreviousStatus),
            Is.EqualTo((true, RefreshTokenStatus.Unused)),
            "the holder still holds it"
        );
        Assert.That(await holder.Cache.TryReplaceAsync(Grants.Next(grant), default), Is.True);
        Assert.That(
            (await other.Cache.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Current!.Generation,
            Is.EqualTo(2)
        );
        await Eventually.UntilAsync(() => holder.Store.IsConnected && other.Store.IsConnected);
    }

    [Test]
    [Description("A disposed node closes its connection, releases its lock and serves no grants")]
    public async Task Disposal_closes_the_connection_and_releases_the_lock()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        var node = Node.Start(cluster.ConnectionString + ";Application Name=stopped", schema);
        await Grants.AddAsync(node.Cache);
        await node.DisposeAsync();
        await node.DisposeAsync();

        long remaining = -1;
        await Eventually.UntilAsync(
            () => remaining == 0,
            async () =>
                remaining = await Sql.ReadAsync<long>(cluster, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stopped'")
        );
        Assert.That(
            async () => await node.Cache.TryAcquireLeaseAsync(Grants.New(), held: null, Grants.LeaseDuration, default),
            Throws.TypeOf<ObjectDisposedException>()
        );
    }

    [Test]
    [Description("After disposal, a shared data source has no locks and no LISTEN")]
    public async Task Disposal_releases_the_locks_of_a_shared_data_source()
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
            await Grants.AddAsync(store);

        await using var command = source.CreateCommand(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE application_name = 'shared' AND locktype = 'advisory'"
        );
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(0L));
    }
}
