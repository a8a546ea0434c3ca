namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the contract of a store of registered clients, on two nodes, and the encryption of credentials.</summary>
[TestFixture]
public sealed class PostgresDynamicClientStoreTests
{
    private static IEnumerable<StoreContractCase> ContractCases => DynamicClientStoreContract.Cases(Create);

    [TestCaseSource(nameof(ContractCases))]
    public Task The_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [Test]
    [Description("RFC 7591 §5, RFC 6749 §10.1: credentials are confidential in storage")]
    public async Task A_dump_contains_no_secret()
    {
        string schema = Node.NewSchema();
        var cluster = await Cluster.RequireAsync();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        await node.Store.Clients.TryReplaceAsync(SampleClients.Create("photos"), default);
        string dump = await Sql.ReadAsync<string>(
            cluster,
            $"SELECT string_agg(c::text || encode(content, 'escape'), '') FROM {schema}.clients c"
        );
        Assert.That(dump, Does.Contain("an-id").And.Not.Contains("a-secret").And.Not.Contains("a-token"));
    }

    private static StoreUnderTest<IDynamicClientStore> Create()
    {
        string schema = Node.NewSchema();
        List<Node> nodes = [];
        return new()
        {
            OpenAsync = async () =>
            {
                nodes.Add(Node.Start((await Cluster.RequireAsync()).ConnectionString, schema));
                return nodes[^1].Store.Clients;
            },
            CleanUpAsync = async () =>
            {
                foreach (var node in nodes)
                    await node.DisposeAsync();
            },
        };
    }
}
