namespace OAuthClient.Tests;

/// <summary>Tests the limit of the cache, and the estimated size of a grant.</summary>
[TestFixture]
public sealed class GrantCacheCapacityTests
{
    [Test]
    [Description("The cache is bounded by bytes: grants that were not used recently are removed first")]
    public async Task The_size_is_bounded()
    {
        const int Owners = 100;
        long size = 600 + GrantSize.Of(SampleGrants.Create("g00", "o00"));
        FeedStore feed = new(new ManualTimeProvider()) { MaximumCacheBytes = size * Owners / 2 };
        var store = feed.WithCache();
        feed.Connect();
        for (int i = 0; i < Owners; i++)
        {
            await feed.Shared.AddAsync(SampleGrants.Create($"g{i:00}", $"o{i:00}"), default);
            await store.FindAsync("photos", GrantOwner.User($"o{i:00}"), default);
            await store.FindAsync("photos", GrantOwner.User("o00"), default);
        }
        Assert.That(feed.Reads, Is.EqualTo(Owners), "the owner that is used always was not read again");
        Assert.That(await IsCachedAsync($"o{Owners - 1:00}"), Is.True, "the last one");
        feed.Fault = new IOException();
        int cached = 0;
        for (int i = 0; i < Owners; i++)
            cached += await IsCachedAsync($"o{i:00}") ? 1 : 0;
        Assert.That(cached, Is.InRange(Owners / 4, Owners / 2));

        async Task<bool> IsCachedAsync(string owner)
        {
            try
            {
                int before = feed.Reads;
                await store.FindAsync("photos", GrantOwner.User(owner), default);
                return feed.Reads == before;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Test]
    [Description("Changes of removed grants are reported without an effect, and grants that were removed are read again")]
    public async Task A_removed_owner_is_read_again()
    {
        FeedStore feed = new(new ManualTimeProvider()) { MaximumCacheBytes = 1 };
        var store = feed.WithCache();
        feed.Connect();
        await feed.Shared.AddAsync(SampleGrants.Create("g1", "42"), default);
        for (int i = 1; i <= 3; i++)
        {
            Assert.That(await store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
            feed.Report("42");
            Assert.That(feed.Reads, Is.EqualTo(i));
        }
    }

    [Test]
    [Description("An owner without grants is not cached, so that requests for unknown names remove nothing and a new grant is found")]
    public async Task Absence_is_not_cached()
    {
        FeedStore feed = new(new ManualTimeProvider());
        var store = feed.WithCache();
        feed.Connect();
        Assert.That(await store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);
        await feed.Shared.AddAsync(SampleGrants.Create("g1", "42"), default);
        Assert.That(await store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
    }

    [TestCase(20)]
    [TestCase(2000)]
    [NonParallelizable]
    [Description("The estimated size of an entry is close to the memory that it takes")]
    public async Task The_estimated_size_is_close_to_the_memory(int tokenLength)
    {
        // Many, so that what other tests leave behind does not count.
        const int Owners = 20_000;
        byte[] bytes = SampleGrants.Create("g1", "42", refreshToken: new string('r', tokenLength)).Protect(plain => plain);
        Grant NewGrant() => Grant.Unprotect(bytes, plain => plain);
        long estimate = GrantSize.Of(NewGrant());

        long before = GC.GetTotalMemory(forceFullCollection: true);
        var grants = Enumerable.Range(0, Owners).Select(_ => NewGrant()).ToArray();
        long measured = (GC.GetTotalMemory(forceFullCollection: true) - before) / Owners;
        GC.KeepAlive(grants);
        await TestContext.Out.WriteLineAsync($"estimated {estimate}, measured {measured}");
        Assert.That(estimate, Is.InRange(measured * 0.6, measured * 1.8));
    }
}
