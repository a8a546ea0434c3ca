namespace OAuthClient.Tests;

/// <summary>Tests the cache of failures, whose keys outside input can choose.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class NegativeCacheTests
{
    private static readonly TimeSpan Duration = NegativeCache<string, int>.Duration;

    [Test]
    [Description("A failure is returned until its duration has passed")]
    public void A_failure_is_cached_for_its_duration()
    {
        ManualTimeProvider clock = new();
        NegativeCache<string, int> cache = new(clock);
        var failure = Failed();
        cache.Record("key", failure);

        clock.Advance(Duration - TimeSpan.FromTicks(1));
        Assert.That(cache.TryFind("key", out var found) ? found : null, Is.SameAs(failure));
        Assert.That(cache.TryFind("other", out _), Is.False);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(cache.TryFind("key", out _), Is.False);
    }

    [Test]
    [Description("A success removes an earlier failure, and a later failure starts a new duration")]
    public void A_success_removes_the_failure()
    {
        ManualTimeProvider clock = new();
        NegativeCache<string, int> cache = new(clock);
        cache.Record("key", Failed());
        cache.Record("key", Task.FromResult(1));
        Assert.That(cache.TryFind("key", out _), Is.False);

        cache.Record("key", Failed());
        clock.Advance(Duration / 2);
        var later = Failed();
        cache.Record("key", later);
        clock.Advance(Duration / 2);
        Assert.That(cache.TryFind("key", out var found) ? found : null, Is.SameAs(later));
    }

    [Test]
    [Description("A request that was not sent is not cached, because the pause of the server ends at its own time")]
    public void A_request_that_was_not_sent_is_not_cached()
    {
        ManualTimeProvider clock = new();
        NegativeCache<string, int> cache = new(clock);
        cache.Record("key", Task.FromException<int>(new RequestNotSentException("The circuit is open.", null)));
        Assert.That(cache.TryFind("key", out _), Is.False);
    }

    [Test]
    [Description("Many failing keys do not remove a failure that is in use, so they do not cause requests for it")]
    public void A_failure_in_use_remains_when_the_cache_is_full()
    {
        ManualTimeProvider clock = new();
        NegativeCache<string, int> cache = new(clock);
        var failure = Failed();
        cache.Record("in use", failure);
        for (int i = 0; i < 3000; i++)
        {
            Assert.That(cache.TryFind("in use", out var found) ? found : null, Is.SameAs(failure), $"after {i} others");
            cache.Record($"other {i}", Failed());
        }
    }

    private static Task<int> Failed() => Task.FromException<int>(new HttpRequestException("The server is unavailable."));
}
