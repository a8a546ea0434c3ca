namespace OAuthClient.Tests;

/// <summary>
/// Tests the contract of a grant store with a change feed: with the cache in front of it, connected and not, and the feed itself.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class CachedGrantStoreContractTests
{
    private static IEnumerable<StoreContractCase> CasesWhenConnected => Cases(isConnected: true);

    private static IEnumerable<StoreContractCase> CasesWhenDisconnected => Cases(isConnected: false);

    private static IEnumerable<StoreContractCase> FeedCases =>
        GrantStoreContract.ChangeFeedCases(() => Create(isConnected: true, isCached: false));

    [TestCaseSource(nameof(CasesWhenConnected))]
    public Task A_connected_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(CasesWhenDisconnected))]
    public Task A_disconnected_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(FeedCases))]
    public Task The_change_feed_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    private static IEnumerable<StoreContractCase> Cases(bool isConnected) =>
        [.. GrantStoreContract.Cases(() => Create(isConnected)), .. GrantStoreContract.ClockCases(() => Create(isConnected))];

    private static StoreUnderTest<IGrantStore> Create(bool isConnected, bool isCached = true)
    {
        ManualTimeProvider clock = new();
        FeedStore data = new(clock);
        return new()
        {
            OpenAsync = () =>
            {
                var node = data.OpenNode(isConnected);
                return new(isCached ? node.WithCache() : node);
            },
            AdvanceTime = clock.Advance,
        };
    }
}
