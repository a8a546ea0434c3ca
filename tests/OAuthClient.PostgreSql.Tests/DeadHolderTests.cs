namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// Whose lease is taken over, and whose is not: a holder that is dead, one that only seems so, and a server that came back.
/// </summary>
[TestFixture]
public sealed class DeadHolderTests
{
    [Test]
    [Description("Rule 5: a dead process is noticed by its connection, long before its lease is over; what it did is not known")]
    public async Task The_lease_of_a_dead_node_is_taken_over()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var network = await Proxy.StartAsync();
        await using var holder = Node.Start(network.ConnectionString, schema);
        await using var survivor = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(holder.Store);
        var lost = await Grants.LeaseAsync(holder.Store, grant);

        network.Cut();
        var since = clock.GetUtcNow();
        var answer = await TakenOverAsync(survivor, grant, clock);

        Assert.That(clock.GetUtcNow() - since, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(2)), "it might have connected again");
        Assert.That(answer.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unknown));
        Assert.That(answer.Lease!.Fence, Is.GreaterThan(lost.Fence));
        network.Mend();
        await Eventually.UntilAsync(() => holder.Store.IsConnected);
        Assert.That(
            (await holder.Store.TryAcquireLeaseAsync(grant, lost, Grants.Long, default)).Lease,
            Is.Null,
            "the first holder, back from the dead"
        );
    }

    [Test]
    [Description("A node that lost its connection and made another is alive: a refresh token presented twice would cost the grant")]
    public async Task A_node_that_connects_anew_is_alive()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var network = await Proxy.StartAsync();
        await using var holder = Node.Start(network.ConnectionString, schema);
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(holder.Store);
        await Grants.LeaseAsync(holder.Store, grant);

        network.Cut();
        long node = await Sql.ReadAsync<long>(cluster, $"SELECT lease_holder FROM {schema}.grants_v4");
        await UntilLockedAsync(cluster, node, isLocked: false);
        var waiting = await other.WaitingAsync(grant, clock);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        await clock.WaitForTimerAsync().Promptly();
        network.Mend();
        await UntilLockedAsync(cluster, node, isLocked: true);
        clock.Advance(TimeSpan.FromSeconds(1));
        await clock.WaitForTimerAsync().Promptly();

        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
        Assert.That(waiting.IsCompleted, Is.False);
    }

    [Test]
    [Description(
        "A lock missing once proves nothing, however long ago that was: it is looked for again in the same statement that takes the lease"
    )]
    public async Task An_old_suspicion_is_no_proof()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var network = await Proxy.StartAsync();
        await using var holder = Node.Start(network.ConnectionString, schema);
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(holder.Store);
        await Grants.LeaseAsync(holder.Store, grant);

        network.Cut();
        long node = await Sql.ReadAsync<long>(cluster, $"SELECT lease_holder FROM {schema}.grants_v4");
        await UntilLockedAsync(cluster, node, isLocked: false);
        await other.Store.WaitForChangeAsync(grant, TimeSpan.Zero, default);
        network.Mend();
        await UntilLockedAsync(cluster, node, isLocked: true);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
    }

    [Test]
    [Description("A lease taken while the node's death would not be noticed is over when its time is, and not before")]
    public async Task A_holder_nobody_can_see_is_believed()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(other.Store);
        await using (var second = await NodeAsync(schema, configure: o => o.BehindTransactionPooler = true))
            await Grants.LeaseAsync(second.Store, grant);

        var waiting = await other.WaitingAsync(grant, clock);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await clock.WaitForTimerAsync().Promptly();
        }

        Assert.That(waiting.IsCompleted, Is.False);
        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
    }

    [Test]
    [Description("After a restart or failover of the server, missing locks do not end a lease before it expires")]
    public async Task A_missing_lock_proves_nothing_after_a_restart()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(other.Store);
        await using (var holder = await NodeAsync(schema))
            await Grants.LeaseAsync(holder.Store, grant);
        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET lease_server = lease_server - interval '2 days'");

        var waiting = await other.WaitingAsync(grant, clock);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await clock.WaitForTimerAsync().Promptly();
        }
        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
        Assert.That(waiting.IsCompleted, Is.False);

        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET lease_length = interval '0'");
        Assert.That(
            (await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unknown),
            "over"
        );
    }

    [Test]
    [Description(
        "Rotation race (RFC 9700 §4.14): a standby took over without the last lease. The next lease has another fence, so that the first "
            + "holder does not hold it as well"
    )]
    public async Task Standby_without_the_last_lease()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var first = await NodeAsync(schema);
        await using var second = await NodeAsync(schema);
        var grant = await Grants.AddedAsync(first.Store);
        var lost = await Grants.LeaseAsync(first.Store, grant);
        await Sql.RunAsync(
            cluster,
            $"UPDATE {schema}.grants_v4 SET fence = 0, lease_length = NULL, leased_at = NULL, lease_ticket = NULL, lease_holder = NULL, "
                + "lease_server = NULL"
        );

        await Grants.LeaseAsync(second.Store, grant);

        Assert.That((await first.Store.TryAcquireLeaseAsync(grant, lost, Grants.Long, default)).Lease, Is.Null);
        await first.Store.ReleaseLeaseAsync(lost, RefreshTokenStatus.Unused, default);
        Assert.That(
            (await first.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)).Lease,
            Is.Null,
            "and it is not ended"
        );
    }

    [Test]
    [Description(
        "A lease that was over before the server came back goes on a little, from when the node that asks was connected (a standby may "
            + "have been started long before): its holder may have the answer in memory, and can save it first"
    )]
    public async Task A_lease_outlives_a_restart_or_failover()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema);
        var grant = await Grants.AddedAsync(node.Store);
        await node.Store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET lease_server = lease_server - interval '2 days'");
        LeaseTable leases = new(node.NewDatabase(schema), schema, new(schema, 1));
        var soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1);

        Assert.That((await leases.ObserveAsync(GrantRowKey.Of(grant), soon, default))!.Remaining, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(
            (await leases.TryAcquireAsync(GrantRowKey.Of(grant), held: null, Grants.Long, new(null, soon, 1, null), default))!.IsAcquired,
            Is.False
        );
        Assert.That((await leases.ObserveAsync(GrantRowKey.Of(grant), null, default))!.Remaining, Is.LessThanOrEqualTo(TimeSpan.Zero));
        Assert.That(
            (await leases.TryAcquireAsync(GrantRowKey.Of(grant), held: null, Grants.Long, new(null, null, 1, null), default))!.IsAcquired,
            Is.True
        );
    }

    private static async Task<LeaseResult> TakenOverAsync(Node survivor, Grant grant, ManualTimeProvider clock)
    {
        while (true)
        {
            if (await survivor.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default) is { Lease: not null } answer)
                return answer;
            var waiting = survivor.Store.WaitForChangeAsync(grant, TimeSpan.FromDays(1), default).AsTask();
            await Eventually.UntilAsync(() => waiting.IsCompleted, Node.Step(clock));
            await waiting;
        }
    }

    private static async Task UntilLockedAsync(PostgresCluster cluster, long node, bool isLocked)
    {
        bool found = !isLocked;
        await Eventually.UntilAsync(
            () => found == isLocked,
            async () =>
                found = await Sql.ReadAsync<bool>(
                    cluster,
                    $"""
                    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = {node})
                    """
                )
        );
    }

    private static async Task<Node> NodeAsync(
        string schema,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    ) => await Node.OpenAsync((await Cluster.RequireAsync()).ConnectionString, schema, time, configure);
}
