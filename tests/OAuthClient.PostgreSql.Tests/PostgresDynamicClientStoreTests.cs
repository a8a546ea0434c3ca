namespace OAuthClient.PostgreSql.Tests;

/// <summary>What every store of registered clients must do, and that two nodes share it.</summary>
[TestFixture]
public sealed class PostgresDynamicClientStoreTests : DynamicClientStoreContract
{
    private readonly List<Node> nodes = [];

    [TearDown]
    public async Task StopAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
        nodes.Clear();
    }

    [Test]
    [Description("Two nodes that register at once: one client is kept, and both find it")]
    public async Task Two_nodes()
    {
        string schema = Node.NewSchema();
        var stores = new[] { await StartAsync(schema), await StartAsync(schema) };
        bool[] kept = await Task.WhenAll(
            stores.Select(
                (store, i) => Task.Run(async () => await store.TryReplaceAsync(Client("photos", "https://as.example", $"id-{i}"), default))
            )
        );
        Assert.That(kept, Is.EquivalentTo([true, false]));
        var found = await Task.WhenAll(stores.Select(store => store.FindAsync("photos", "https://as.example", default).AsTask()));
        Assert.That(found.Select(client => client!.ClientId), Is.All.EqualTo(kept[0] ? "id-0" : "id-1"));
    }

    [Test]
    [Description("RFC 7591 §5, RFC 6749 §10.1: credentials are confidential in storage")]
    public async Task No_secret_is_in_a_dump()
    {
        string schema = Node.NewSchema();
        var store = await StartAsync(schema);
        await store.TryReplaceAsync(Client("photos", "https://as.example"), default);
        string dump = await Sql.ReadAsync<string>(
            await Cluster.RequireAsync(),
            $"SELECT string_agg(c::text || encode(content, 'escape'), '') FROM {schema}.clients c"
        );
        Assert.That(dump, Does.Contain("an-id").And.Not.Contains("a-secret").And.Not.Contains("a-token"));
    }

    protected override async ValueTask<IDynamicClientStore> CreateAsync() => await StartAsync(Node.NewSchema());

    private async Task<IDynamicClientStore> StartAsync(string schema)
    {
        var cluster = await Cluster.RequireAsync();
        var node = Node.Start(cluster.ConnectionString, schema);
        nodes.Add(node);
        return node.Store.Clients;
    }
}
