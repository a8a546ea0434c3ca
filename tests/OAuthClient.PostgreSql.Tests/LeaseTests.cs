namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests how several nodes acquire a lease and wait for it (RFC 9700 §4.14).</summary>
[TestFixture]
public sealed class LeaseTests
{
    [Test]
    [Description("Exactly one of several concurrent nodes acquires the lease")]
    public async Task One_of_eight_nodes_acquires_the_lease()
    {
        string schema = Node.NewSchema();
        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => NodeAsync(schema)));
        var grant = await Grants.AddAsync(nodes[0].Store);

        var results = await Task.WhenAll(
            nodes.Select(node =>
                Task.Run(async () => await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default))
            )
        );

        Assert.That(results.Count(result => result.Lease is not null), Is.EqualTo(1));
        Assert.That(results.Select(result => result.Current?.Generation), Is.All.EqualTo(1));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("A refresh needs two round trips: one acquires the lease and reads; one saves, releases the lease and notifies the nodes")]
    public async Task A_refresh_needs_two_round_trips()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddAsync(node.Cache);
        await node.Cache.FindAsync("photos", GrantOwner.User("42"), default);
        int before = proxy.RoundTrips;

        grant = await Grants.FindSingleAsync(node.Cache);
        await Grants.AcquireLeaseAsync(node.Cache, grant);
        await node.Cache.TryReplaceAsync(Grants.Next(grant), default);
        grant = await Grants.FindSingleAsync(node.Cache);

        Assert.That(grant.Generation, Is.EqualTo(2));
        Assert.That(proxy.RoundTrips - before, Is.EqualTo(2));
    }

    [Test]
    [Description("A notification ends the wait of a node without polling: the clock of the node does not advance")]
    public async Task Waiting_nodes_are_notified([Values("saved", "released", "removed")] string outcome)
    {
        string schema = Node.NewSchema();
        await using var holder = await NodeAsync(schema);
        ManualTimeProvider clock = new();
        await using var waiter = await NodeAsync(schema, clock);
        var grant = await Grants.AddAsync(holder.Store);
        var lease = await Grants.AcquireLeaseAsync(holder.Store, grant);

        var waiting = await waiter.StartWaitingAsync(grant, clock);
        await FinishAsync(holder, grant, lease, outcome);
        await waiting.Promptly();
    }

    [Test]
    [Description("Behind a transaction pooler a node polls with an increasing delay of at most half a second")]
    public async Task Without_notifications_a_node_polls([Values("saved", "released", "removed")] string outcome)
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var holder = await NodeAsync(schema);
        await using var waiter = await NodeAsync(schema, clock, o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddAsync(holder.Store);
        var lease = await Grants.AcquireLeaseAsync(holder.Store, grant);

        var waiting = await waiter.StartWaitingAsync(grant, clock);
        await FinishAsync(holder, grant, lease, outcome);
        Assert.That(waiting.IsCompleted, Is.False);
        await Eventually.UntilAsync(() => waiting.IsCompleted, Node.Advance(clock));
        await waiting;
    }

    [Test]
    [Description("A waiting caller holds no connection: with one connection available, 20 callers wait and another one reads")]
    public async Task Waiting_holds_no_connection()
    {
        string schema = Node.NewSchema();
        await using var holder = await NodeAsync(schema);
        ManualTimeProvider clock = new();
        await using var waiter = await NodeAsync(schema, clock, o => o.ConnectionString += ";Maximum Pool Size=2");
        var grant = await Grants.AddAsync(holder.Store);
        var lease = await Grants.AcquireLeaseAsync(holder.Store, grant);

        var waiting = new List<Task>();
        for (int i = 0; i < 20; i++)
            waiting.Add(await waiter.StartWaitingAsync(grant, clock));
        Assert.That(await waiter.Store.FindAsync("photos", GrantOwner.User("another"), default), Is.Empty);
        Assert.That(waiting.Any(one => one.IsCompleted), Is.False);

        await holder.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);
        await Task.WhenAll(waiting).Promptly();
    }

    [Test]
    [Description(
        "The result of a refresh is saved before the lease expires: the statement waits neither for a connection nor for lease requests"
    )]
    public async Task Saving_does_not_wait_for_lease_requests()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(
            schema,
            configure: o =>
                (o.ConnectionString, o.CommandTimeout) = (
                    o.ConnectionString + $";Maximum Pool Size=6;Application Name={schema}",
                    TimeSpan.FromMinutes(1)
                )
        );
        var blocked = await Grants.AddAsync(node.Store);
        var refreshed = await Grants.AddAsync(node.Store);
        await Grants.AcquireLeaseAsync(node.Store, refreshed);
        await using Npgsql.NpgsqlConnection another = new(cluster.ConnectionString + ";Pooling=false");
        await another.OpenAsync();
        await using var transaction = await another.BeginTransactionAsync();
        await using (Npgsql.NpgsqlCommand command = new($"SELECT FROM {schema}.grants_v4 WHERE id = '{blocked.Id}' FOR UPDATE", another))
            await command.ExecuteNonQueryAsync();

        var requests = Enumerable
            .Range(0, 20)
            .Select(_ => node.Store.TryAcquireLeaseAsync(blocked, held: null, Grants.LeaseDuration, default).AsTask())
            .ToList();
        long waiting = 0;
        await Eventually.UntilAsync(
            () => waiting == 3,
            async () =>
                waiting = await Sql.ReadAsync<long>(
                    cluster,
                    $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{schema}' AND wait_event_type = 'Lock'"
                )
        );
        Assert.That(await node.Store.TryReplaceAsync(Grants.Next(refreshed), default).Promptly(), Is.True);
        Assert.That(requests.Any(one => one.IsCompleted), Is.False);

        await transaction.RollbackAsync();
        Assert.That((await Task.WhenAll(requests)).Count(result => result.Lease is not null), Is.EqualTo(1));
    }

    [Test]
    [Description("A node without the key of a grant does not block the other nodes, and the refresh token still counts as unused")]
    public async Task A_node_without_the_key_acquires_no_lease()
    {
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema);
        await using var keyless = await NodeAsync(schema, configure: o => o.EncryptWith("second", Node.OtherKey));
        var grant = await Grants.AddAsync(node.Store);

        Assert.That(
            async () => await keyless.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default),
            Throws.TypeOf<OAuthException>()
        );

        var result = await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default);
        Assert.That((result.Lease is not null, result.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unused)));
    }

    [Test]
    [Description("RFC 9700 §4.7: of concurrent uses of a state on several nodes, exactly one succeeds")]
    public async Task A_state_is_consumed_once_across_all_nodes()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var other = await NodeAsync(schema);
        var consumed = await Task.WhenAll(
            Enumerable
                .Range(0, 32)
                .Select(i =>
                    Task.Run(async () =>
                        await (i % 2 == 0 ? one : other).Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default)
                    )
                )
        );
        Assert.That(consumed.Count(isFirst => isFirst), Is.EqualTo(1));
    }

    private static async Task FinishAsync(Node holder, Grant grant, RefreshLease lease, string outcome)
    {
        switch (outcome)
        {
            case "saved":
                await holder.Store.TryReplaceAsync(Grants.Next(grant), default);
                break;
            case "released":
                await holder.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unknown, default);
                break;
            default:
                await holder.Store.RemoveAsync(grant, default);
                break;
        }
    }

    private static async Task<Node> NodeAsync(
        string schema,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    ) => await Node.OpenAsync((await Cluster.RequireAsync()).ConnectionString, schema, time, configure);
}
