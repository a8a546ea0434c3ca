namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests what the statements of a refresh cost the server.</summary>
[TestFixture]
public sealed class StatementTests
{
    [Test]
    [Description("A refresh looks at no lock, nor does the first check of a waiting node: only a holder that does not end may be dead")]
    public async Task Locks_are_read_only_of_a_suspected_holder()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var holder = Node.Start((await Cluster.RequireAsync()).ConnectionString, schema);
        await using var node = await Node.OpenAsync(proxy.ConnectionString, schema, clock);
        proxy.StartCounting(static message => message.AsSpan().IndexOf("pg_locks"u8) >= 0);
        var grant = await Grants.AddAsync(node.Store);
        await Grants.AcquireLeaseAsync(node.Store, grant);
        grant = await ReplaceAsync(node, grant);
        await Grants.AcquireLeaseAsync(holder.Store, grant);
        var waiting = await node.StartWaitingAsync(grant, clock);
        Assert.That(proxy.Count, Is.Zero);

        await Eventually.UntilAsync(() => proxy.Count > 0, Node.Advance(clock));
        Assert.That(waiting.IsCompleted, Is.False);
    }

    [Test]
    [Description("A statement that is used repeatedly is planned once for each connection")]
    public async Task Statements_are_prepared()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(
            proxy.ConnectionString,
            Node.NewSchema(),
            new ManualTimeProvider(),
            // One for notifications, and one for all statements.
            o => o.ConnectionString += ";Maximum Pool Size=2"
        );
        var grant = await Grants.AddAsync(node.Store);
        for (int i = 0; i < 5; i++)
            grant = await RefreshAsync(node, grant);

        // The notification of the first refresh is sent at some time, and only once, so it is not prepared.
        proxy.StartCounting(static message => message[0] == (byte)'P' && message.AsSpan().IndexOf("pg_notify"u8) < 0);
        for (int i = 0; i < 5; i++)
            grant = await RefreshAsync(node, grant);

        Assert.That(proxy.Count, Is.Zero, "Parse messages");
    }

    private static async Task<Grant> RefreshAsync(Node node, Grant grant)
    {
        await Grants.AcquireLeaseAsync(node.Store, grant);
        return await ReplaceAsync(node, grant);
    }

    private static async Task<Grant> ReplaceAsync(Node node, Grant grant)
    {
        var newer = Grants.Next(grant);
        Assert.That(await node.Store.TryReplaceAsync(newer, default), Is.True);
        return newer;
    }
}
