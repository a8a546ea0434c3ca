namespace OAuthClient.Tests;

/// <summary>Tests the limit of the cache by the sizes of its values.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public class BoundedCacheTests
{
    private readonly List<string> removed = [];

    [Test]
    [Description("When the sum of the sizes exceeds the capacity, values that were not read are removed first")]
    public void Unread_values_are_removed_first()
    {
        var cache = Cache(capacity: 100);
        for (int i = 0; i < 10; i++)
        {
            cache.Set($"{i}", new string('x', 10));
            Assert.That(cache.TryGet("0", out _), Is.True);
        }
        cache.Set("large", new string('x', 50));
        Assert.That(cache.TryGet("0", out _), Is.True);
        Assert.That(cache.TryGet("large", out _), Is.True);
        Assert.That(cache.Size, Is.LessThanOrEqualTo(100));
        Assert.That(cache.Size, Is.EqualTo(110 + 40 - 10 * removed.Count));
    }

    [Test]
    [Description("The size of a value that changes is determined again; a value that alone exceeds the capacity is removed")]
    public void A_changed_size_counts()
    {
        int size = 1;
        BoundedCache<string, object> cache = new(100, sizeOf: _ => size, removed: _ => removed.Add("changed"));
        object value = new();
        cache.Set("key", value);
        size = 40;
        cache.Resize("key", new object());
        Assert.That(cache.Size, Is.EqualTo(1), "another value");
        cache.Resize("key", value);
        Assert.That(cache.Size, Is.EqualTo(40));
        size = 101;
        cache.Resize("key", value);
        Assert.That((cache.Size, cache.TryGet("key", out _), removed.Count), Is.EqualTo((0L, false, 1)));
    }

    [Test]
    [Description("A value is removed only if it is the one of the key")]
    public void Another_value_is_not_removed()
    {
        var cache = Cache(capacity: 100);
        cache.Set("key", "value");
        cache.Remove("key", "other");
        Assert.That(cache.Size, Is.EqualTo(5));
        cache.Remove("key", "value");
        Assert.That((cache.Size, removed.Count), Is.EqualTo((0L, 1)));
    }

    [Test]
    [Description("An expired value is not found with the current time, and is the first to be removed")]
    public void Expired_values_are_removed_first()
    {
        var now = SampleConfiguration.Now;
        var cache = Cache(capacity: 2);
        cache.Set("expired", "e", now, now);
        cache.Set("valid", "v", now.AddTicks(1), now);
        Assert.That(cache.TryGet("expired", now, out _), Is.False);
        Assert.That(cache.TryGet("expired", out _), Is.True);
        Assert.That(cache.TryGet("valid", now, out _), Is.True);
        cache.Set("new", "n", now.AddTicks(1), now);
        Assert.That(removed, Is.EqualTo(new[] { "e" }));
    }

    private BoundedCache<string, string> Cache(int capacity) =>
        new(capacity, StringComparer.Ordinal, sizeOf: value => value.Length, removed: removed.Add);
}
