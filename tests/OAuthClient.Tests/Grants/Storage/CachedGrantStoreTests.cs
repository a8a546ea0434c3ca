using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that changes of this process and of others reach the cache and the callers that wait for them.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class CachedGrantStoreTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Test]
    [Description("A store with a change feed is registered with the cache, before or after AddOAuthClient")]
    public async Task AddGrantStore_adds_the_cache([Values] bool before)
    {
        ServiceCollection services = new();
        if (before)
            services.AddGrantStore<FeedStore>();
        services.AddOAuthClient(o => o.ClientId = "1");
        if (!before)
            services.AddGrantStore<FeedStore>();
        await using var provider = services.BuildServiceProvider();
        Assert.That(provider.GetServices<IGrantStore>().Single(), Is.TypeOf<CachedGrantStore>());
    }

    [Test]
    [Description("A store without a change feed is used as it is")]
    public async Task Without_a_feed_there_is_no_cache()
    {
        await using var provider = new ServiceCollection().AddGrantStore<InMemoryGrantStore>().BuildServiceProvider();
        Assert.That(provider.GetRequiredService<IGrantStore>(), Is.SameAs(provider.GetRequiredService<InMemoryGrantStore>()));
    }

    [Test]
    [Description("Changes of this process are in the cache at once, and need no read")]
    public async Task Own_changes_are_cached()
    {
        var (feed, store) = Connected();
        var first = SampleGrants.Create("g1", "42");
        await store.AddAsync(first, default);
        await store.FindAsync("photos", Owner, default);

        await store.TryReplaceAsync(SampleGrants.Next(first), default);
        await store.AddAsync(SampleGrants.Create("g2", "42"), default);
        Assert.That(await VersionsAsync(store), Is.EqualTo(new[] { ("g2", 1L), ("g1", 2L) }));
        await store.RemoveAsync(first, default);
        Assert.That(await VersionsAsync(store), Is.EqualTo(new[] { ("g2", 1L) }));
        Assert.That(feed.Reads, Is.EqualTo(1));
    }

    [Test]
    [Description("A reported change of another process causes a read of its owner only")]
    public async Task Reported_changes_are_read()
    {
        var (feed, store) = Connected();
        foreach (string owner in new[] { "42", "43" })
        {
            await feed.Shared.AddAsync(SampleGrants.Create("of-" + owner, owner), default);
            await store.FindAsync("photos", GrantOwner.User(owner), default);
        }

        await feed.Shared.AddAsync(SampleGrants.Create("g2", "42"), default);
        feed.Report("42");
        Assert.That(await VersionsAsync(store), Has.Length.EqualTo(2));
        await store.FindAsync("photos", GrantOwner.User("43"), default);
        Assert.That(feed.Reads, Is.EqualTo(3));
    }

    [Test]
    [Description("After a refused replacement, the caller reads the stored generation and not the cached one")]
    public async Task Refused_replacement_invalidates_the_entry()
    {
        var (feed, store) = Connected();
        var grant = SampleGrants.Create("g1", "42");
        await store.AddAsync(grant, default);
        await store.FindAsync("photos", Owner, default);
        await feed.Shared.TryReplaceAsync(SampleGrants.Next(grant), default);

        Assert.That(await store.TryReplaceAsync(SampleGrants.Next(grant), default), Is.False);
        Assert.That(await VersionsAsync(store), Is.EqualTo(new[] { ("g1", 2L) }));
    }

    [Test]
    [Description("The response to a lease request updates the cache with a newer generation, or removes the grant")]
    public async Task Refused_lease_updates_the_cache()
    {
        var (feed, store) = Connected();
        var grant = SampleGrants.Create("g1", "42");
        await store.AddAsync(grant, default);
        await store.FindAsync("photos", Owner, default);

        var newer = SampleGrants.Next(grant);
        await feed.Shared.TryReplaceAsync(newer, default);
        await store.TryAcquireLeaseAsync(grant, held: null, Day, default);
        Assert.That(await VersionsAsync(store), Is.EqualTo(new[] { ("g1", 2L) }));
        await feed.Shared.RemoveAsync(newer, default);
        await store.TryAcquireLeaseAsync(newer, held: null, Day, default);
        Assert.That(await VersionsAsync(store), Is.Empty);
    }

    [Test]
    [Description(
        "A wait ends at a change of the grant in this process, at a reported change of its owner, and when the feed connects again"
    )]
    public async Task A_wait_ends_at_a_change([Values("saved", "removed", "released", "reported", "connected")] string change)
    {
        var (feed, store) = Connected();
        feed.NoticesNoChange = true;
        var grant = SampleGrants.Create("g1", "42");
        await store.AddAsync(grant, default);
        var lease = (await store.TryAcquireLeaseAsync(grant, held: null, Day, default)).Lease!;
        var waiting = store.WaitForChangeAsync(grant, Day, default).AsTask();
        var others = store.WaitForChangeAsync(SampleGrants.Create("g2", "43"), Day, default).AsTask();

        switch (change)
        {
            case "saved":
                await store.TryReplaceAsync(SampleGrants.Next(grant), default);
                break;
            case "removed":
                await store.RemoveAsync(grant, default);
                break;
            case "released":
                await store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);
                break;
            case "reported":
                feed.Report("42");
                break;
            default:
                feed.Connect();
                break;
        }
        await waiting.Promptly();
        if (change == "connected")
            await others.Promptly();
        else
            Assert.That(others.IsCompleted, Is.False);
    }

    [Test]
    [Description("A caller that cancels stops waiting, and a later report finds no waiter")]
    public async Task A_wait_can_be_cancelled()
    {
        var (feed, store) = Connected();
        feed.NoticesNoChange = true;
        using CancellationTokenSource cancellation = new();
        var waiting = store.WaitForChangeAsync(SampleGrants.Create("g1", "42"), Day, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await waiting.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => feed.Report("42"), Throws.Nothing);
    }

    private static (FeedStore Feed, IGrantStore Store) Connected()
    {
        FeedStore feed = new(new ManualTimeProvider());
        var store = feed.WithCache();
        feed.Connect();
        return (feed, store);
    }

    private static async Task<(string, long)[]> VersionsAsync(IGrantStore store) =>
        [.. (await store.FindAsync("photos", Owner, default)).Select(grant => (grant.Id, grant.Generation))];
}
