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

        var answers = await Task.WhenAll(
            nodes.Select(node => Task.Run(async () => await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default)))
        );

        Assert.That(answers.Count(answer => answer.Lease is not null), Is.EqualTo(1));
        Assert.That(answers.Select(answer => answer.Current?.Generation), Is.All.EqualTo(1));
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
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
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

        var waiting = await waiter.WaitingAsync(grant, clock);
        await EndAsync(holder, grant, lease, how);
        await waiting.Promptly();
    }

    [Test]
    [Description("Behind a transaction pooler a node polls with an increasing delay of at most half a second")]
    public async Task Without_notifications_a_node_looks([Values("saved", "ended", "removed")] string how)
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var holder = await NodeAsync(schema);
        await using var waiter = await NodeAsync(schema, clock, o => o.BehindTransactionPooler = true);
        var grant = await Grants.AddedAsync(holder.Store);
        var lease = await Grants.LeaseAsync(holder.Store, grant);

        var waiting = await waiter.WaitingAsync(grant, clock);
        await EndAsync(holder, grant, lease, how);
        Assert.That(waiting.IsCompleted, Is.False);
        await Eventually.UntilAsync(() => waiting.IsCompleted, Node.Step(clock));
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
            waiting.Add(await waiter.WaitingAsync(grant, clock));
        Assert.That(await waiter.Store.FindAsync("photos", GrantOwner.User("another"), default), Is.Empty);
        Assert.That(waiting.Any(one => one.IsCompleted), Is.False);

        await holder.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);
        await Task.WhenAll(waiting).Promptly();
    }

    [Test]
    [Description(
        "What a spent refresh token brought is saved before its lease is over: it waits neither for a connection nor behind those who ask"
    )]
    public async Task Saving_waits_behind_nothing()
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
        var blocked = await Grants.AddedAsync(node.Store);
        var spent = await Grants.AddedAsync(node.Store);
        await Grants.LeaseAsync(node.Store, spent);
        await using Npgsql.NpgsqlConnection another = new(cluster.ConnectionString + ";Pooling=false");
        await another.OpenAsync();
        await using var transaction = await another.BeginTransactionAsync();
        await using (Npgsql.NpgsqlCommand command = new($"SELECT FROM {schema}.grants_v4 WHERE id = '{blocked.Id}' FOR UPDATE", another))
            await command.ExecuteNonQueryAsync();

        var asking = Enumerable
            .Range(0, 20)
            .Select(_ => node.Store.TryAcquireLeaseAsync(blocked, held: null, Grants.Long, default).AsTask())
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
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(spent), default).Promptly(), Is.True);
        Assert.That(asking.Any(one => one.IsCompleted), Is.False);

        await transaction.RollbackAsync();
        Assert.That((await Task.WhenAll(asking)).Count(answer => answer.Lease is not null), Is.EqualTo(1));
    }

    [Test]
    [Description(
        "A node that has not the key of a grant does not keep the others from it, nor makes them think that its refresh token was presented"
    )]
    public async Task A_node_without_the_key_takes_no_lease()
    {
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema);
        await using var keyless = await NodeAsync(schema, configure: o => o.EncryptWith("second", Node.OtherKey));
        var grant = await Grants.AddedAsync(node.Store);

        Assert.That(
            async () => await keyless.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default),
            Throws.TypeOf<OAuthException>()
        );

        var answer = await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default);
        Assert.That((answer.Lease is not null, answer.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unused)));
    }

    [Test]
    [Description("RFC 9700 §4.7: of all uses of a state on all nodes exactly one counts")]
    public async Task A_state_is_used_once_on_all_nodes()
    {
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(schema);
        await using var other = await NodeAsync(schema);
        var used = await Task.WhenAll(
            Enumerable
                .Range(0, 32)
                .Select(i =>
                    Task.Run(async () =>
                        await (i % 2 == 0 ? one : other).Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default)
                    )
                )
        );
        Assert.That(used.Count(first => first), Is.EqualTo(1));
    }

    private static async Task EndAsync(Node holder, Grant grant, RefreshLease lease, string how)
    {
        switch (how)
        {
            case "saved":
                await holder.Store.TryReplaceAsync(Grants.After(grant), default);
                break;
            case "ended":
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
