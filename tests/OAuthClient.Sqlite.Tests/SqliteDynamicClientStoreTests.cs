namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests the contract of a store of registered clients, with several stores on one file.</summary>
[TestFixture]
public sealed class SqliteDynamicClientStoreTests
{
    private static IEnumerable<StoreContractCase> ContractCases => DynamicClientStoreContract.Cases(Create);

    [TestCaseSource(nameof(ContractCases))]
    public Task The_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    private static StoreUnderTest<IDynamicClientStore> Create()
    {
        StoreFolder folder = new();
        return new() { OpenAsync = () => new(folder.Create().Clients), CleanUpAsync = folder.DisposeAsync };
    }
}
