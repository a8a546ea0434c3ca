namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the contract of a store of registered clients, shared use by two nodes and the encryption of credentials.</summary>
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
    [Description("Of two concurrent registrations on two nodes, one is saved, and both nodes find it")]
    public async Task Concurrent_registrations_save_one_client()
    {
        string schema = Node.NewSchema();
        var stores = new[] { await StartAsync(schema), await StartAsync(schema) };
        bool[] saved = await Task.WhenAll(
            stores.Select(
                (store, i) => Task.Run(async () => await store.TryReplaceAsync(Client("photos", "https://as.example", $"id-{i}"), default))
            )
        );
        Assert.That(saved, Is.EquivalentTo([true, false]));
        var found = await Task.WhenAll(stores.Select(store => store.FindAsync("photos", "https://as.example", default).AsTask()));
        Assert.That(found.Select(client => client!.ClientId), Is.All.EqualTo(saved[0] ? "id-0" : "id-1"));
    }

    [Test]
    [Description("RFC 7591 §5, RFC 6749 §10.1: credentials are confidential in storage")]
    public async Task A_dump_contains_no_secret()
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
