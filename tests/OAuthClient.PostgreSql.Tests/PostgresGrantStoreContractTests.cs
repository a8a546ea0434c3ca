namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the contract of a grant store, with and without the cache and a transaction pooler.</summary>
[TestFixture(false, false)]
[TestFixture(true, false)]
[TestFixture(true, true)]
public sealed class PostgresGrantStoreContractTests(bool isCached, bool behindTransactionPooler) : GrantStoreContract
{
    private Node? node;

    [TearDown]
    public async Task StopAsync()
    {
        if (node is not null)
            await node.DisposeAsync();
    }

    protected override async ValueTask<IGrantStore> CreateAsync()
    {
        var cluster = await Cluster.RequireAsync();
        node = Node.Start(
            cluster.ConnectionString,
            Node.NewSchema(),
            configure: options => options.BehindTransactionPooler = behindTransactionPooler
        );
        return isCached ? node.Cache : node.Store;
    }
}
