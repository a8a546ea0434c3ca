namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// Tests the contract of a grant store on several nodes, with notifications and behind a transaction pooler, with and without the cache.
/// </summary>
[TestFixture]
public sealed class PostgresGrantStoreContractTests
{
    private static IEnumerable<StoreContractCase> CasesWithoutCache => GrantStoreContract.Cases(() => Create(isCached: false, false));

    private static IEnumerable<StoreContractCase> CasesWithNotifications =>
        [
            .. GrantStoreContract.Cases(() => Create(true, false)),
            .. GrantStoreContract.ChangeFeedCases(() => Create(isCached: false, false)),
        ];

    private static IEnumerable<StoreContractCase> CasesBehindTransactionPooler => GrantStoreContract.Cases(() => Create(true, true));

    [TestCaseSource(nameof(CasesWithoutCache))]
    public Task The_store_fulfills_the_contract_without_the_cache(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(CasesWithNotifications))]
    public Task The_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(CasesBehindTransactionPooler))]
    public Task The_store_fulfills_the_contract_behind_a_transaction_pooler(StoreContractCase one) => one.RunAsync();

    // Leases run on the clock of the database, which no test advances.
    private static StoreUnderTest<IGrantStore> Create(bool isCached, bool behindTransactionPooler)
    {
        string schema = Node.NewSchema();
        List<Node> nodes = [];
        return new()
        {
            OpenAsync = async () =>
            {
                var node = Node.Start(
                    (await Cluster.RequireAsync()).ConnectionString,
                    schema,
                    configure: options => options.BehindTransactionPooler = behindTransactionPooler
                );
                nodes.Add(node);
                return isCached ? node.Cache : node.Store;
            },
            CleanUpAsync = async () =>
            {
                foreach (var node in nodes)
                    await node.DisposeAsync();
            },
        };
    }
}
