namespace OAuthClient.Tests;

/// <summary>Tests the contract of a grant store with the cache in front of it, with and without a connected change feed.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class CachedGrantStoreContractTests
{
    private static IEnumerable<StoreContractCase> CasesWhenConnected => Cases(isConnected: true);

    private static IEnumerable<StoreContractCase> CasesWhenDisconnected => Cases(isConnected: false);

    [TestCaseSource(nameof(CasesWhenConnected))]
    public Task A_connected_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(CasesWhenDisconnected))]
    public Task A_disconnected_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    private static IEnumerable<StoreContractCase> Cases(bool isConnected) =>
        [.. GrantStoreContract.Cases(() => Create(isConnected)), .. GrantStoreContract.ClockCases(() => Create(isConnected))];

    private static StoreUnderTest<IGrantStore> Create(bool isConnected)
    {
        ManualTimeProvider clock = new();
        FeedStore feed = new(clock);
        var store = feed.WithCache();
        if (isConnected)
            feed.Connect();
        return new() { OpenAsync = () => new(store), AdvanceTime = clock.Advance };
    }
}
