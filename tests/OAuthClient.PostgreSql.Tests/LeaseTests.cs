namespace OAuthClient.PostgreSql.Tests;

/// <summary>Leases between nodes: who waits, who is woken, and whose lease is taken over (RFC 9700 §4.14).</summary>
[TestFixture]
public sealed class LeaseTests
{
    [Test]
    [Description("Of all nodes that ask at the same moment one gets the lease")]
    public async Task One_node_of_eight()
    {
        string schema = Node.NewSchema();
        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => NodeAsync(schema)));
        var grant = await Grants.AddedAsync(nodes[0].Store);

        var answers = await Task.WhenAll(nodes.Select(node => Task.Run(async () => await node.Store.TryLeaseAsync(grant, held: null, Grants.Long, default))));

        Assert.That(answers.Count(answer => answer.Lease is not null), Is.EqualTo(1));
        Assert.That(answers.Select(answer => answer.Stored?.Generation), Is.All.EqualTo(1));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("A refresh costs two round trips: one takes the lease and reads, one saves, ends the lease and tells the others")]
    public async Task Two_round_trips()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddedAsync(node.Store);
        await node.Store.FindAsync("photos", "42", default);
        int before = proxy.RoundTrips;

        grant = await Grants.OnlyAsync(node.Store);
        await Grants.LeaseAsync(node.Store, grant);
        await node.Store.TryReplaceAsync(Grants.After(grant), default);
        grant = await Grants.OnlyAsync(node.Store);

        Assert.That(grant.Generation, Is.EqualTo(2));
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(2));
    }

    [Test]
    [Description("A node that waits is woken by the others, without looking: its clock stands still")]
    public async Task Waiting_nodes_are_told([Values("saved", "ended", "removed")] string how)
    {
        string schema = Node.NewSchema();
        await using var holder = await NodeAsync(schema);
        ManualTimeProvider clock = new();
        await using var waiter = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(holder.Store);
        var lease = await Grants.LeaseAsync(holder.Store, grant);

        var waiting = await WaitingAsync(waiter, grant, clock);
        await EndAsync(holder, grant, lease, how);
        await waiting.Promptly();
    }

    [Test]
    [Description("Behind a transaction pooler nobody is told: a node looks, ever more seldom, and at most every half second")]
    public async Task Without_notifications_a_node_looks([Values("saved", "ended", "removed")] string how)
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var holder = await NodeAsync(schema);
        await using var waiter = await NodeAsync(schema, clock, o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddedAsync(holder.Store);
        var lease = await Grants.LeaseAsync(holder.Store, grant);

        var waiting = await WaitingAsync(waiter, grant, clock);
        await EndAsync(holder, grant, lease, how);
        Assert.That(waiting.IsCompleted, Is.False);
        await Patience.UntilAsync(() => waiting.IsCompleted, Step(clock, TimeSpan.FromMilliseconds(50)));
        await waiting;
    }

    [Test]
    [Description("Who waits holds no connection: with one to share, many wait and another still reads")]
    public async Task Waiting_holds_no_connection()
    {
        string schema = Node.NewSchema();
        await using var holder = await NodeAsync(schema);
        ManualTimeProvider clock = new();
        await using var waiter = await NodeAsync(schema, clock, o => o.ConnectionString += ";Maximum Pool Size=2");
        var grant = await Grants.AddedAsync(holder.Store);
        var lease = await Grants.LeaseAsync(holder.Store, grant);

        var waiting = new List<Task>();
        for (int i = 0; i < 20; i++)
            waiting.Add(await WaitingAsync(waiter, grant, clock));
        Assert.That(await waiter.Store.FindAsync("photos", "another", default), Is.Empty);
        Assert.That(waiting.Any(one => one.IsCompleted), Is.False);

        await holder.Store.EndLeaseAsync(lease, Presentation.None, default);
        await Task.WhenAll(waiting).Promptly();
    }

    [Test]
    [Description("What a spent refresh token brought is saved before its lease is over: it waits neither for a connection nor behind those who ask")]
    public async Task Saving_waits_behind_nothing()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, configure: o =>
            (o.ConnectionString, o.CommandTimeout) = (o.ConnectionString + $";Maximum Pool Size=6;Application Name={schema}", TimeSpan.FromMinutes(1)));
        var blocked = await Grants.AddedAsync(node.Store);
        var spent = await Grants.AddedAsync(node.Store);
        await Grants.LeaseAsync(node.Store, spent);
        await using Npgsql.NpgsqlConnection another = new(cluster.ConnectionString + ";Pooling=false");
        await another.OpenAsync();
        await using var transaction = await another.BeginTransactionAsync();
        await using (Npgsql.NpgsqlCommand command = new($"SELECT FROM {schema}.grants WHERE id = '{blocked.Id}' FOR UPDATE", another))
            await command.ExecuteNonQueryAsync();

        var asking = Enumerable.Range(0, 20).Select(_ => node.Store.TryLeaseAsync(blocked, held: null, Grants.Long, default).AsTask()).ToList();
        long waiting = 0;
        await Patience.UntilAsync(() => waiting == 3, async () =>
            waiting = await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{schema}' AND wait_event_type = 'Lock'"));
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(spent), default).Promptly(), Is.True);
        Assert.That(asking.Any(one => one.IsCompleted), Is.False);

        await transaction.RollbackAsync();
        Assert.That((await Task.WhenAll(asking)).Count(answer => answer.Lease is not null), Is.EqualTo(1));
    }

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
        Assert.That(answer.Earlier, Is.EqualTo(Presentation.Unknown));
        Assert.That(answer.Lease!.Fence, Is.GreaterThan(lost.Fence));
        network.Mend();
        await Patience.UntilAsync(() => holder.Store.IsConnected);
        Assert.That((await holder.Store.TryLeaseAsync(grant, lost, Grants.Long, default)).Lease, Is.Null, "the first holder, back from the dead");
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
        long node = await Sql.ReadAsync<long>(cluster, $"SELECT lease_holder FROM {schema}.grants");
        await UntilLockedAsync(cluster, node, isLocked: false);
        var waiting = await WaitingAsync(other, grant, clock);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        await clock.WaitForTimerAsync().Promptly();
        network.Mend();
        await UntilLockedAsync(cluster, node, isLocked: true);
        clock.Advance(TimeSpan.FromSeconds(1));
        await clock.WaitForTimerAsync().Promptly();

        Assert.That((await other.Store.TryLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
        Assert.That(waiting.IsCompleted, Is.False);
    }

    [Test]
    [Description("A lock missing once proves nothing, however long ago that was: it is looked for again in the same statement that takes the lease")]
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
        long node = await Sql.ReadAsync<long>(cluster, $"SELECT lease_holder FROM {schema}.grants");
        await UntilLockedAsync(cluster, node, isLocked: false);
        await other.Store.WaitForChangeAsync(grant, TimeSpan.Zero, default);
        network.Mend();
        await UntilLockedAsync(cluster, node, isLocked: true);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await other.Store.TryLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
    }

    [Test]
    [Description("A lease taken while the node's death would not be noticed is over when its time is, and not before")]
    public async Task A_holder_nobody_can_see_is_believed()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(other.Store);
        await using (var deaf = await NodeAsync(schema, configure: o => o.BehindTransactionPooler = true))
            await Grants.LeaseAsync(deaf.Store, grant);

        var waiting = await WaitingAsync(other, grant, clock);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await clock.WaitForTimerAsync().Promptly();
        }

        Assert.That(waiting.IsCompleted, Is.False);
        Assert.That((await other.Store.TryLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
    }

    [Test]
    [Description("After a restart or failover of the server every lock is gone, and nobody is dead for it: the lease runs to its end")]
    public async Task A_missing_lock_proves_nothing_after_a_restart()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var other = await NodeAsync(schema, clock);
        var grant = await Grants.AddedAsync(other.Store);
        await using (var holder = await NodeAsync(schema))
            await Grants.LeaseAsync(holder.Store, grant);
        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants SET lease_server = lease_server - interval '2 days'");

        var waiting = await WaitingAsync(other, grant, clock);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await clock.WaitForTimerAsync().Promptly();
        }
        Assert.That((await other.Store.TryLeaseAsync(grant, held: null, Grants.Long, default)).Lease, Is.Null);
        Assert.That(waiting.IsCompleted, Is.False);

        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants SET lease_length = interval '0'");
        Assert.That((await other.Store.TryLeaseAsync(grant, held: null, Grants.Long, default)).Earlier, Is.EqualTo(Presentation.Unknown), "over");
    }

    [Test]
    [Description("A lease that was over before the server came back goes on a little, from when the node that asks was connected (a standby may have been started long before): its holder may have the answer in memory, and can save it first")]
    public async Task A_lease_outlives_a_restart_or_failover()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema);
        var grant = await Grants.AddedAsync(node.Store);
        await node.Store.TryLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants SET lease_server = lease_server - interval '2 days'");
        LeaseRows leases = new(new(node.Source, TimeSpan.FromSeconds(5)), schema, new(schema, 1));
        var soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1);

        Assert.That((await leases.LookAsync(GrantPlace.Of(grant), soon, default))!.Left, Is.GreaterThan(TimeSpan.Zero));
        Assert.That((await leases.TryTakeAsync(GrantPlace.Of(grant), held: null, Grants.Long, new(null, soon, 1, null), default))!.IsTaken, Is.False);
        Assert.That((await leases.LookAsync(GrantPlace.Of(grant), null, default))!.Left, Is.LessThanOrEqualTo(TimeSpan.Zero));
        Assert.That((await leases.TryTakeAsync(GrantPlace.Of(grant), held: null, Grants.Long, new(null, null, 1, null), default))!.IsTaken, Is.True);
    }

    [Test]
    [Description("A node that has not the key of a grant does not keep the others from it, nor makes them think that its refresh token was presented")]
    public async Task A_node_without_the_key_takes_no_lease()
    {
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema);
        await using var keyless = await NodeAsync(schema, configure: o => o.EncryptWith("second", Node.OtherKey));
        var grant = await Grants.AddedAsync(node.Store);

        Assert.That(async () => await keyless.Store.TryLeaseAsync(grant, held: null, Grants.Long, default), Throws.TypeOf<OAuthException>());

        var answer = await node.Store.TryLeaseAsync(grant, held: null, Grants.Long, default);
        Assert.That((answer.Lease is not null, answer.Earlier), Is.EqualTo((true, Presentation.None)));
    }

    [Test]
    [Description("RFC 9700 §4.7: of all uses of a state on all nodes exactly one counts")]
    public async Task A_state_is_used_once_on_all_nodes()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var other = await NodeAsync(schema);
        var used = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
            await (i % 2 == 0 ? one : other).Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default))));
        Assert.That(used.Count(first => first), Is.EqualTo(1));
    }

    private static Func<Task> Step(ManualTimeProvider clock, TimeSpan by) => () =>
    {
        clock.Advance(by);
        return Task.CompletedTask;
    };

    private static async Task<LeaseAnswer> TakenOverAsync(Node survivor, Grant grant, ManualTimeProvider clock)
    {
        while (true)
        {
            if (await survivor.Store.TryLeaseAsync(grant, held: null, Grants.Long, default) is { Lease: not null } answer)
                return answer;
            var waiting = survivor.Store.WaitForChangeAsync(grant, TimeSpan.FromDays(1), default).AsTask();
            await Patience.UntilAsync(() => waiting.IsCompleted, Step(clock, TimeSpan.FromMilliseconds(50)));
            await waiting;
        }
    }

    /// <summary>Waits on a clock that stands still, and has looked once.</summary>
    private static async Task<Task> WaitingAsync(Node node, Grant grant, ManualTimeProvider clock)
    {
        var waiting = node.Store.WaitForChangeAsync(grant, TimeSpan.FromDays(1), default).AsTask();
        await clock.WaitForTimerAsync().Promptly();
        return waiting;
    }

    private static async Task UntilLockedAsync(PostgresCluster cluster, long node, bool isLocked)
    {
        bool found = !isLocked;
        await Patience.UntilAsync(() => found == isLocked, async () => found = await Sql.ReadAsync<bool>(cluster, $"""
            SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = {node})
            """));
    }

    private static async Task EndAsync(Node holder, Grant grant, RefreshLease lease, string how)
    {
        switch (how)
        {
            case "saved":
                await holder.Store.TryReplaceAsync(Grants.After(grant), default);
                break;
            case "ended":
                await holder.Store.EndLeaseAsync(lease, Presentation.Unknown, default);
                break;
            default:
                await holder.Store.RemoveAsync(grant, default);
                break;
        }
    }

    private static async Task<Node> NodeAsync(string schema, TimeProvider? time = null, Action<PostgresGrantStoreOptions>? configure = null) =>
        await Node.OpenAsync((await Cluster.RequireAsync()).ConnectionString, schema, time, configure);
}
