namespace OAuthClient.Tests;

/// <summary>Tests when cached grants are used, read again and compared with the store.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class GrantCacheTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider clock = new();

    [Test]
    [Description("A read of a cached grant completes synchronously and allocates nothing")]
    public async Task Reading_a_cached_grant_allocates_nothing()
    {
        var (_, store) = await StoreAsync();
        await store.FindAsync("photos", Owner, default);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            await store.FindAsync("photos", Owner, default);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000), "fewer bytes than calls");
    }

    [Test]
    [Description("A change during a read causes another read, and an older generation does not replace a newer one")]
    public async Task A_change_during_a_read_causes_another_read()
    {
        FeedStore feed = new(clock);
        var store = feed.WithCache();
        feed.Connect();
        var grant = SampleGrants.Create("g1", "42");
        await feed.Shared.AddAsync(grant, default);
        feed.AfterRead = async () =>
        {
            feed.AfterRead = null;
            await feed.Shared.TryReplaceAsync(SampleGrants.Next(grant), default);
            feed.Report("42");
        };

        Assert.That((await store.FindAsync("photos", Owner, default)).Single().Generation, Is.EqualTo(2));
        Assert.That(feed.Reads, Is.EqualTo(2));
        await store.TryAcquireLeaseAsync(grant, held: null, Minute, default);
        Assert.That((await store.FindAsync("photos", Owner, default)).Single().Generation, Is.EqualTo(2));
    }

    [Test]
    [Description("An owner whose grants change during each read is read three times, and not cached")]
    public async Task Grants_that_change_during_each_read_are_not_cached()
    {
        var (feed, store) = await StoreAsync();
        feed.Report("42");
        int before = feed.Reads;
        feed.AfterRead = () =>
        {
            feed.Report("42");
            return Task.CompletedTask;
        };
        Assert.That(await store.FindAsync("photos", Owner, default), Has.Count.EqualTo(1));
        Assert.That(feed.Reads - before, Is.EqualTo(3));
        feed.AfterRead = null;
        await store.FindAsync("photos", Owner, default);
        Assert.That(feed.Reads - before, Is.EqualTo(4));
    }

    [Test]
    [Description("Concurrent callers share one read of an owner; one that cancels does not cancel it")]
    public async Task Concurrent_callers_share_one_read()
    {
        FeedStore feed = new(clock);
        var store = feed.WithCache();
        await feed.Shared.AddAsync(SampleGrants.Create("g1", "42"), default);
        TaskCompletionSource release = new();
        feed.AfterRead = () => release.Task;
        using CancellationTokenSource cancellation = new();
        var leaving = store.FindAsync("photos", Owner, cancellation.Token).AsTask();
        var callers = Enumerable.Range(0, 100).Select(_ => store.FindAsync("photos", Owner, default).AsTask()).ToList();
        await cancellation.CancelAsync();
        Assert.That(async () => await leaving.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();

        foreach (var found in await Task.WhenAll(callers).Promptly())
            Assert.That(found, Has.Count.EqualTo(1));
        Assert.That(feed.Reads, Is.EqualTo(1));
    }

    [Test]
    [Description("Without a connected feed, grants are used for 5 seconds, then read in the background, and not used after one minute")]
    public async Task Without_a_feed_grants_expire()
    {
        var (feed, store) = await StoreAsync(isConnected: false);
        await feed.Shared.AddAsync(SampleGrants.Create("g2", "42"), default);

        clock.Advance(5 * Second - Tick);
        Assert.That(await CountAsync(store), Is.EqualTo(1), "fresh");
        Assert.That(feed.Reads, Is.EqualTo(1));
        clock.Advance(Tick);
        Assert.That(await CountAsync(store), Is.EqualTo(1), "stale");
        await UntilAsync(store, 2);

        await feed.Shared.AddAsync(SampleGrants.Create("g3", "42"), default);
        clock.Advance(Minute);
        Assert.That(await CountAsync(store), Is.EqualTo(3), "expired");
    }

    [Test]
    [Description("A sign-in check uses the cache only while every change is reported")]
    public async Task A_sign_in_check_uses_current_grants_only()
    {
        var (feed, store) = await StoreAsync();
        await store.FindCurrentAsync("photos", Owner, default);
        Assert.That(feed.Reads, Is.EqualTo(1), "connected");
        feed.Disconnect(TimeSpan.Zero);
        await store.FindCurrentAsync("photos", Owner, default);
        await store.FindCurrentAsync("photos", Owner, default);
        Assert.That(feed.Reads, Is.EqualTo(3), "not connected");
        feed.Connect();
        await store.FindCurrentAsync("photos", Owner, default);
        Assert.That(feed.Reads, Is.EqualTo(4), "connected again");
        await store.FindCurrentAsync("photos", Owner, default);
        clock.Advance(5 * Minute - Tick);
        await store.FindCurrentAsync("photos", Owner, default);
        Assert.That(feed.Reads, Is.EqualTo(4));
        feed.Fault = new IOException();
        clock.Advance(Tick);
        Assert.That(async () => await store.FindCurrentAsync("photos", Owner, default), Throws.TypeOf<IOException>(), "not compared");
    }

    [Test]
    [Description("A lost connection is noticed late. The silence before counts as time in which changes may have been missed")]
    public async Task The_silence_before_a_disconnection_counts()
    {
        var (feed, store) = await StoreAsync();
        feed.Fault = new IOException();
        clock.Advance(2 * Minute);
        feed.Disconnect(silence: Minute - Tick);
        Assert.That(await CountAsync(store), Is.EqualTo(1));
        clock.Advance(Tick);
        Assert.That(async () => await CountAsync(store), Throws.TypeOf<IOException>());
    }

    [Test]
    [Description("A report may be lost although the feed stays connected: grants that were not compared are read again after 5 minutes")]
    public async Task Grants_are_read_again_after_5_minutes()
    {
        var (feed, store) = await StoreAsync();
        await feed.Shared.AddAsync(SampleGrants.Create("g2", "42"), default);

        clock.Advance(4 * Minute - Tick);
        Assert.That(await CountAsync(store), Is.EqualTo(1));
        clock.Advance(Minute + Tick);
        Assert.That(await CountAsync(store), Is.EqualTo(1), "used during the read");
        await UntilAsync(store, 2);
        Assert.That(feed.Comparisons, Is.Empty);
    }

    [Test]
    [Description(
        "Grants that are in use are compared with the store in one call before they are 5 minutes old; only those that differ are read"
    )]
    public async Task Grants_in_use_are_compared_in_one_call()
    {
        const int Owners = 600;
        var (feed, store) = await StoreAsync();
        await feed.Shared.AddAsync(SampleGrants.Create("g2", "42"), default);
        for (int i = 0; i < Owners; i++)
        {
            await feed.Shared.AddAsync(SampleGrants.Create($"of-{i}", $"o{i}"), default);
            await store.FindAsync("photos", GrantOwner.User($"o{i}"), default);
        }
        int before = feed.Reads;

        clock.Advance(4 * Minute);
        await UseAllAsync();
        await UseAllAsync();
        await clock.WaitForTimerAsync().Promptly();
        clock.Advance(Second);
        await UntilAsync(store, 2);
        Assert.That(feed.Comparisons, Is.EqualTo(new[] { 500, Owners + 1 - 500 }));
        Assert.That(feed.Reads - before, Is.EqualTo(1), "the owner with a new grant");

        clock.Advance(4 * Minute - Second);
        await UseAllAsync();
        Assert.That(feed.Reads - before, Is.EqualTo(1), "the others are current for 5 minutes more");

        async Task UseAllAsync()
        {
            for (int i = 0; i < Owners; i++)
                await store.FindCurrentAsync("photos", GrantOwner.User($"o{i}"), default);
            // Last, so that it is compared last: when its new grant is found, all comparisons have ended.
            await CountAsync(store);
        }
    }

    [Test]
    [Description("A comparison that fails is ignored: the grants are read again when they are 5 minutes old")]
    public async Task A_failed_comparison_is_ignored()
    {
        var (feed, store) = await StoreAsync();
        clock.Advance(4 * Minute);
        await CountAsync(store);
        await clock.WaitForTimerAsync().Promptly();
        feed.Fault = new InvalidOperationException();
        clock.Advance(Minute);
        await Eventually.UntilAsync(() => feed.Reads == 2, async () => await CountOrNoneAsync(store));
        feed.Fault = null;
        await UntilAsync(store, 1);
    }

    private static async Task<int> CountAsync(IGrantStore store) => (await store.FindAsync("photos", Owner, default)).Count;

    private static async Task<int> CountOrNoneAsync(IGrantStore store)
    {
        try
        {
            return await CountAsync(store);
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }

    private static Task UntilAsync(IGrantStore store, int count)
    {
        int found = -1;
        return Eventually.UntilAsync(() => found == count, async () => found = await CountAsync(store));
    }

    private async Task<(FeedStore Feed, IGrantStore Store)> StoreAsync(bool isConnected = true)
    {
        FeedStore feed = new(clock);
        var store = feed.WithCache();
        if (isConnected)
            feed.Connect();
        await store.AddAsync(SampleGrants.Create("g1", "42"), default);
        await store.FindAsync("photos", Owner, default);
        return (feed, store);
    }
}
