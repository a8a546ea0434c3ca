namespace OAuthClient.Tests;

/// <summary>Tests which cached grants are used while the store cannot be reached.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class GrantCacheOutageTests : IDisposable
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan PauseAfterOutage = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider clock = new();
    private readonly RecordedLog log = new();

    public void Dispose() => log.Dispose();

    [Test]
    [Description("Grants that may have missed a change are used for one minute of an outage; sign-in checks fail")]
    public async Task Grants_are_used_for_one_minute([Values] bool isConnected)
    {
        var (feed, store) = await StoreAsync(isConnected);
        feed.Fault = new IOException();
        if (isConnected)
            feed.Disconnect(TimeSpan.Zero);

        Assert.That(async () => await store.FindCurrentAsync("photos", Owner, default), Throws.TypeOf<IOException>());
        clock.Advance(Minute - Tick);
        Assert.That(await store.FindAsync("photos", Owner, default), Has.Count.EqualTo(1));
        clock.Advance(Tick);
        Assert.That(async () => await store.FindAsync("photos", Owner, default), Throws.TypeOf<IOException>());
        feed.Fault = null;
        Assert.That(await store.FindAsync("photos", Owner, default), Has.Count.EqualTo(1), "after the outage");
    }

    [Test]
    [Description("After a failed read, grants are used for 5 seconds without another read. The outage is logged once")]
    public async Task Failed_read_is_not_repeated_by_each_caller()
    {
        var (feed, store) = await StoreAsync(isConnected: false);
        feed.Fault = new IOException();
        for (int outage = 2; outage <= 3; outage++)
        {
            clock.Advance(PauseAfterOutage);
            for (int i = 0; i < 10; i++)
            {
                Assert.That(await store.FindAsync("photos", Owner, default), Has.Count.EqualTo(1));
                await Eventually.UntilAsync(() => feed.Reads == outage && log.Entries.Count == 1);
            }
            Assert.That(feed.Reads, Is.EqualTo(outage));
        }

        feed.Fault = null;
        clock.Advance(Minute);
        await feed.Shared.AddAsync(SampleGrants.Create("g2", "42"), default);
        Assert.That(await store.FindAsync("photos", Owner, default), Has.Count.EqualTo(2));
        Assert.That(async () => await store.FindAsync("photos", GrantOwner.User("another"), default), Throws.Nothing);
    }

    [Test]
    [Description("Grants with a reported change are not used in an outage")]
    public async Task Grants_with_a_reported_change_are_not_used()
    {
        var (feed, store) = await StoreAsync(isConnected: true);
        feed.Fault = new IOException();
        feed.Report("42");
        Assert.That(async () => await store.FindAsync("photos", Owner, default), Throws.TypeOf<IOException>());
    }

    [Test]
    [Description("A store that responds with another error did not confirm the grants, so they are not used")]
    public async Task Another_error_removes_the_grants()
    {
        var (feed, store) = await StoreAsync(isConnected: false);
        feed.Fault = new InvalidOperationException();
        Assert.That(async () => await store.FindCurrentAsync("photos", Owner, default), Throws.TypeOf<InvalidOperationException>());
        Assert.That(async () => await store.FindAsync("photos", Owner, default), Throws.TypeOf<InvalidOperationException>());
        Assert.That(log.Entries, Is.Empty, "no outage");
    }

    [Test]
    [Description("Changes and leases are made in the store, and fail in an outage. The cached grants are unchanged then")]
    public async Task Changes_fail()
    {
        var (feed, store) = await StoreAsync(isConnected: true);
        var grant = (await store.FindAsync("photos", Owner, default)).Single();
        feed.Fault = new IOException();

        Assert.That(async () => await store.TryReplaceAsync(SampleGrants.Next(grant), default), Throws.TypeOf<IOException>());
        Assert.That(async () => await store.AddAsync(SampleGrants.Create("g2", "42"), default), Throws.TypeOf<IOException>());
        Assert.That(async () => await store.RemoveAsync(grant, default), Throws.TypeOf<IOException>());
        Assert.That(async () => await store.TryAcquireLeaseAsync(grant, held: null, Minute, default), Throws.TypeOf<IOException>());
        Assert.That(async () => await store.ReleaseLeaseAsync(new("g1", 1, 1), default, default), Throws.TypeOf<IOException>());
        Assert.That(async () => await store.FindByFingerprintAsync("any", default), Throws.TypeOf<IOException>());
        Assert.That((await store.FindAsync("photos", Owner, default)).Single(), Is.SameAs(grant));
    }

    private async Task<(FeedStore Feed, IGrantStore Store)> StoreAsync(bool isConnected)
    {
        FeedStore feed = new(clock);
        var store = feed.WithCache(log);
        if (isConnected)
            feed.Connect();
        await store.AddAsync(SampleGrants.Create("g1", "42"), default);
        await store.FindAsync("photos", Owner, default);
        return (feed, store);
    }
}
