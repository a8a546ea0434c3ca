namespace OAuthClient.Tests;

/// <summary>Tests the contract of a grant store with the cache in front of it, with and without a connected change feed.</summary>
[TestFixture(true)]
[TestFixture(false)]
[Parallelizable(ParallelScope.All)]
public sealed class CachedGrantStoreContractTests(bool isConnected) : GrantStoreContract
{
    protected override ValueTask<IGrantStore> CreateAsync()
    {
        FeedStore feed = new(new ManualTimeProvider());
        var store = feed.WithCache();
        if (isConnected)
            feed.Connect();
        return new(store);
    }
}
