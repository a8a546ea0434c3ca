namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the contract of a grant store on several nodes, with notifications and behind a transaction pooler.</summary>
[TestFixture]
public sealed class PostgresGrantStoreContractTests
{
    private static IEnumerable<StoreContractCase> CasesWithNotifications =>
        [.. GrantStoreContract.Cases(() => Create(false)), .. GrantStoreContract.ChangeFeedCases(() => Create(false))];

    private static IEnumerable<StoreContractCase> CasesBehindTransactionPooler => GrantStoreContract.Cases(() => Create(true));

    [TestCaseSource(nameof(CasesWithNotifications))]
    public Task The_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(CasesBehindTransactionPooler))]
    public Task The_store_fulfills_the_contract_behind_a_transaction_pooler(StoreContractCase one) => one.RunAsync();

    // Leases run on the clock of the database, which no test advances.
    private static StoreUnderTest<IGrantStore> Create(bool behindTransactionPooler)
    {
        string schema = Node.NewSchema();
        return new()
        {
            OpenAsync = async () =>
                Node.Start(
                    (await Cluster.RequireAsync()).ConnectionString,
                    schema,
                    configure: options => options.BehindTransactionPooler = behindTransactionPooler
                ).Store,
        };
    }
}
