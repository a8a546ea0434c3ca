namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests the contract of a grant store with several stores on one file, with and without the cache.</summary>
[TestFixture]
public sealed class SqliteGrantStoreContractTests
{
    private static IEnumerable<StoreContractCase> CasesWithoutCache =>
        [
            .. GrantStoreContract.Cases(() => Create(isCached: false, clock: null)),
            .. GrantStoreContract.ChangeFeedCases(() => Create(isCached: false, clock: null)),
            .. GrantStoreContract.ClockCases(() => Create(isCached: false, new ManualTimeProvider())),
        ];

    private static IEnumerable<StoreContractCase> CasesWithCache => GrantStoreContract.Cases(() => Create(isCached: true, clock: null));

    [TestCaseSource(nameof(CasesWithoutCache))]
    public Task The_store_fulfills_the_contract_without_the_cache(StoreContractCase one) => one.RunAsync();

    [TestCaseSource(nameof(CasesWithCache))]
    public Task The_store_fulfills_the_contract_with_the_cache(StoreContractCase one) => one.RunAsync();

    private static StoreUnderTest<IGrantStore> Create(bool isCached, ManualTimeProvider? clock)
    {
        var time = clock ?? TimeProvider.System;
        StoreFolder folder = new() { Time = time };
        return new()
        {
            OpenAsync = () =>
            {
                var store = folder.Create();
                return new(isCached ? CachedGrantStore.Around(store, time, folder.Log.CreateLogger("test")) : store);
            },
            AdvanceTime = clock is null ? null : clock.Advance,
            CleanUpAsync = folder.DisposeAsync,
        };
    }
}
