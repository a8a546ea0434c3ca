namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests when a node takes over the lease of another, and how a restart or failover of the server affects leases.</summary>
[TestFixture]
public sealed class DeadHolderTests
{
    [Test]
    [Description(
        "The closed connection of an ended process permits a takeover before its lease expires; the status of its refresh token is unknown"
    )]
    public async Task Lease_of_an_ended_node_is_taken_over()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var holder = Node.Start(proxy.ConnectionString, schema);
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddAsync(holder.Store);
        var lease = await Grants.AcquireLeaseAsync(holder.Store, grant);

        proxy.Disconnect();
        var since = clock.GetUtcNow();
        var result = await TakeOverAsync(other, grant, clock);

        Assert.That(clock.GetUtcNow() - since, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(2)), "the holder had time to reconnect");
        Assert.That(result.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unknown));
        Assert.That(result.Lease!.Fence, Is.GreaterThan(lease.Fence));
        proxy.Restore();
        await Eventually.UntilAsync(() => holder.Store.IsConnected);
        Assert.That(
            (await holder.Store.TryAcquireLeaseAsync(grant, lease, Grants.LeaseDuration, default)).Lease,
            Is.Null,
            "the previous holder has reconnected"
        );
    }

    [Test]
    [Description(
        "RFC 9700 §4.14: the lease of a node that reconnects is kept, because sending its refresh token twice would revoke the grant"
    )]
    public async Task Lease_of_a_reconnected_node_is_kept()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var holder = Node.Start(proxy.ConnectionString, schema);
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddAsync(holder.Store);
        await Grants.AcquireLeaseAsync(holder.Store, grant);

        proxy.Disconnect();
        long node = await Sql.ReadAsync<long>(cluster, $"SELECT lease_holder FROM {schema}.grants_v4");
        await WaitForLockAsync(cluster, node, isLocked: false);
        var waiting = await other.StartWaitingAsync(grant, clock);
        foreach (double seconds in new[] { 1, 1.9 })
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            await clock.WaitForTimerAsync().Promptly();
        }
        proxy.Restore();
        await WaitForLockAsync(cluster, node, isLocked: true);
        clock.Advance(TimeSpan.FromSeconds(1));
        await clock.WaitForTimerAsync().Promptly();

        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Lease, Is.Null);
        Assert.That(waiting.IsCompleted, Is.False);
    }

    [Test]
    [Description("A lock that was missing earlier does not permit a takeover: the statement that acquires the lease checks the lock again")]
    public async Task A_takeover_checks_the_lock_again()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var holder = Node.Start(proxy.ConnectionString, schema);
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddAsync(holder.Store);
        await Grants.AcquireLeaseAsync(holder.Store, grant);

        proxy.Disconnect();
        long node = await Sql.ReadAsync<long>(cluster, $"SELECT lease_holder FROM {schema}.grants_v4");
        await WaitForLockAsync(cluster, node, isLocked: false);
        // Longer than the first poll, which looks for the lock.
        var waiting = other.Store.WaitForChangeAsync(grant, TimeSpan.FromSeconds(1), default).AsTask();
        await Eventually.UntilAsync(() => waiting.IsCompleted, Node.Advance(clock));
        proxy.Restore();
        await WaitForLockAsync(cluster, node, isLocked: true);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Lease, Is.Null);
    }

    [Test]
    [Description("A node behind a transaction pooler holds no advisory lock, so its lease is not taken over before it expires")]
    public async Task Lease_of_a_node_behind_a_pooler_is_kept_until_it_expires()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddAsync(other.Store);
        await using (var second = await NodeAsync(schema, configure: o => o.BehindTransactionPooler = true))
            await Grants.AcquireLeaseAsync(second.Store, grant);

        var waiting = await other.StartWaitingAsync(grant, clock);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await clock.WaitForTimerAsync().Promptly();
        }

        Assert.That(waiting.IsCompleted, Is.False);
        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Lease, Is.Null);
    }

    [Test]
    [Description("After a restart or failover of the server, missing locks do not end a lease before it expires")]
    public async Task Missing_locks_are_ignored_after_a_restart()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddAsync(other.Store);
        await using (var holder = await NodeAsync(schema))
            await Grants.AcquireLeaseAsync(holder.Store, grant);
        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET lease_server = lease_server - interval '2 days'");

        var waiting = await other.StartWaitingAsync(grant, clock);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await clock.WaitForTimerAsync().Promptly();
        }
        Assert.That((await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Lease, Is.Null);
        Assert.That(waiting.IsCompleted, Is.False);

        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET lease_length = interval '0'");
        Assert.That(
            (await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unknown),
            "the lease has expired"
        );
    }

    [Test]
    [Description(
        "Rotation race (RFC 9700 §4.14): after a failover to a standby without the last lease, the next lease has another fence, so that "
            + "the first holder does not hold it as well"
    )]
    public async Task A_standby_without_the_last_lease_issues_another_fence()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var first = await NodeAsync(schema);
        await using var second = await NodeAsync(schema);
        var grant = await Grants.AddAsync(first.Store);
        var lease = await Grants.AcquireLeaseAsync(first.Store, grant);
        await Sql.RunAsync(
            cluster,
            $"UPDATE {schema}.grants_v4 SET fence = 0, lease_length = NULL, leased_at = NULL, lease_ticket = NULL, lease_holder = NULL, "
                + "lease_server = NULL"
        );

        await Grants.AcquireLeaseAsync(second.Store, grant);

        Assert.That((await first.Store.TryAcquireLeaseAsync(grant, lease, Grants.LeaseDuration, default)).Lease, Is.Null);
        await first.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);
        Assert.That(
            (await first.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).Lease,
            Is.Null,
            "the release by the first holder has no effect"
        );
    }

    [Test]
    [Description(
        "After a restart or failover, a lease stays valid for a short time from the connection of the requesting node (a standby may have "
            + "started long before), so that the holder can save a response of the authorization server first"
    )]
    public async Task A_lease_is_extended_after_a_restart_or_failover()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema);
        var grant = await Grants.AddAsync(node.Store);
        await node.Store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET lease_server = lease_server - interval '2 days'");
        LeaseTable leases = new(node.NewExecutor(schema), schema);
        var connectedSince = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1);

        Assert.That(
            (await leases.ObserveAsync(GrantRowKey.Of(grant), connectedSince, looksForHolder: false, default))!.Remaining,
            Is.GreaterThan(TimeSpan.Zero)
        );
        Assert.That(
            (
                await leases.TryAcquireAsync(
                    GrantRowKey.Of(grant),
                    held: null,
                    Grants.LeaseDuration,
                    new(null, connectedSince, 1, null),
                    default
                )
            )!.IsAcquired,
            Is.False
        );
        Assert.That(
            (await leases.ObserveAsync(GrantRowKey.Of(grant), null, looksForHolder: false, default))!.Remaining,
            Is.LessThanOrEqualTo(TimeSpan.Zero)
        );
        Assert.That(
            (
                await leases.TryAcquireAsync(GrantRowKey.Of(grant), held: null, Grants.LeaseDuration, new(null, null, 1, null), default)
            )!.IsAcquired,
            Is.True
        );
    }

    private static async Task<LeaseResult> TakeOverAsync(Node other, Grant grant, ManualTimeProvider clock)
    {
        while (true)
        {
            if (await other.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default) is { Lease: not null } result)
                return result;
            var waiting = other.Store.WaitForChangeAsync(grant, TimeSpan.FromDays(1), default).AsTask();
            await Eventually.UntilAsync(() => waiting.IsCompleted, Node.Advance(clock));
            await waiting;
        }
    }

    private static async Task WaitForLockAsync(PostgresCluster cluster, long node, bool isLocked)
    {
        bool isFound = !isLocked;
        await Eventually.UntilAsync(
            () => isFound == isLocked,
            async () =>
                isFound = await Sql.ReadAsync<bool>(
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
