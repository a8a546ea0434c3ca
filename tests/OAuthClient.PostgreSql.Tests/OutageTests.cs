using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>The database goes away, comes back, or answers to nobody.</summary>
[TestFixture]
public sealed class OutageTests
{
    [Test]
    [Description(
        "PostgreSQL down: what is known is served, no lease is given, so no refresh token is spent, and nothing that changes pretends to have been done"
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
            Does.Contain("lost its connection").And.Contain(node.Store.Fault!.GetType().Name).And.Not.Contain(node.Store.Fault.Message)
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
        Assert.That((await Grants.OnlyAsync(node.Store)).Generation, Is.EqualTo(1), "nothing was done");

        proxy.Mend();
        await Eventually.UntilAsync(() => node.Store.IsConnected);
        Assert.That(node.Store.Fault, Is.Null);
        Assert.That(node.Store.UnavailableReason, Is.Null);
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(grant), default), Is.True);
    }

    [Test]
    [Description(
        "A copy that may have missed an announcement gives access tokens for a minute, without a wait for the database each time, and none afterwards; a health check hears of it"
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
        // One that found the database away spares the others the attempt.
        Assert.That(node.Store.FindAsync("photos", GrantOwner.User("42"), default).AsTask().IsCompletedSuccessfully, Is.True);

        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Throws.InstanceOf<NpgsqlException>());
        proxy.Mend();
        Assert.That(
            await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Has.Count.EqualTo(1),
            "as soon as the database is back"
        );
    }

    [Test]
    [Description("A copy whose change another node announced is not served in an outage, however young it is")]
    public async Task An_announced_change_in_an_outage()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var other = Node.Start((await Cluster.RequireAsync()).ConnectionString, schema);
        await using var node = await Node.OpenAsync(proxy.ConnectionString, schema, clock);
        var grant = await Grants.AddedAsync(other.Store);
        await Grants.LeaseAsync(other.Store, grant);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
        // It is woken by the announcement alone: its clock stands still.
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
        "A decision whether a user is signed in never uses a copy that may be outdated: in an outage it fails, and where no announcement arrives it reads the database"
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
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(behindTransactionPooler ? 1 : 0), "from memory only where changes are announced");

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
        Assert.That(
            await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Has.Count.EqualTo(1),
            "an access token may be sent"
        );
        Assert.That(node.Store.UnavailableReason, Does.Contain("signed in"));
    }

    [Test]
    [Description("A node that starts before its database is there works when it is")]
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
        "The server restarts, orderly or as after a crash: the lease stands, a holder can save what it brought, and connections that died in the pool are nobody's fault"
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

        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null, "the lease stands");
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
    [Description("Saved, but the answer was lost with the connection: what is stored tells")]
    public async Task A_save_whose_answer_was_lost()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddedAsync(node.Store);
        await Grants.LeaseAsync(node.Store, grant);

        proxy.LoseAnswerTo("WITH replaced");
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(grant), default), Is.True);

        var answer = await node.Store.TryAcquireLeaseAsync(Grants.After(grant), held: null, Grants.Long, default);
        Assert.That(
            (answer.Current!.Generation, answer.Lease?.Generation, answer.PreviousStatus),
            Is.EqualTo((2, 2L, RefreshTokenStatus.Unused))
        );
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(grant), default), Is.False, "another of the same generation");
    }

    [Test]
    [Description("Given, but the answer was lost: asked again, the lease is the same one, and nobody presented anything")]
    public async Task A_lease_whose_answer_was_lost()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddedAsync(node.Store);

        proxy.LoseAnswerTo("WITH taken");
        var answer = await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default);

        Assert.That(answer.Lease?.Fence >> 20, Is.EqualTo(1), "one step of its number");
        Assert.That(answer.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    [Description("Done, but the answer was lost: nothing is done twice, and nothing that was done is denied")]
    public async Task Other_changes_whose_answer_was_lost()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.LoseAnswerTo("WITH added");
        var grant = await Grants.AddedAsync(node.Store);
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));

        proxy.LoseAnswerTo("INSERT INTO \"");
        Assert.That(await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default), Is.True);
        Assert.That(await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default), Is.False);

        var lease = await Grants.LeaseAsync(node.Store, grant);
        proxy.LoseAnswerTo("WITH ended");
        await node.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Rejected, default);
        Assert.That(
            (await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Rejected)
        );

        proxy.LoseAnswerTo("WITH removed");
        await node.Store.RemoveAsync(grant, default);
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description("Two grants of one id are a mistake, and not the same grant added twice")]
    public async Task A_grant_is_added_once()
    {
        await using var node = Node.Start((await Cluster.RequireAsync()).ConnectionString, Node.NewSchema());
        var grant = await Grants.AddedAsync(node.Store);
        Assert.That(async () => await node.Store.AddAsync(grant, default), Throws.InvalidOperationException);
    }

    [Test]
    [Description("A node that is stopped lets go of its connection and its lock; nothing is served afterwards")]
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
    [Description("A data source that goes on is left as it was: no lock, no channel listened to")]
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
