namespace OAuthClient.Tests;

/// <summary>Tests the cache of used states: it is bounded, and no state is removed before it expires (RFC 9700 §4.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ConsumedStatesTests
{
    private readonly ManualTimeProvider clock = new();

    [Test]
    public void Expired_states_are_removed()
    {
        ConsumedStates used = new(clock);
        var soon = clock.GetUtcNow().AddMinutes(1);
        for (int i = 0; i < 100; i++)
            Assert.That(used.TryAdd($"old{i}", soon.AddMinutes(-1)));
        Assert.That(used.Count, Is.EqualTo(1), "each call removes the expired state before it");
        Assert.That(used.TryAdd("new", soon));
        Assert.That(used.Count, Is.EqualTo(1));
    }

    [Test]
    [Description("A state with a long lifetime delays the removal of those added after it; no state is removed early")]
    public void States_are_removed_in_order_of_use()
    {
        ManualTimeProvider own = new();
        ConsumedStates used = new(own);
        var now = own.GetUtcNow();
        used.TryAdd("long", now.AddMinutes(10));
        used.TryAdd("short", now.AddMinutes(1));
        own.Advance(TimeSpan.FromMinutes(2));
        Assert.That(used.TryAdd("short", now.AddMinutes(12)), Is.False);
        own.Advance(TimeSpan.FromMinutes(8));
        Assert.That(used.TryAdd("short", now.AddMinutes(12)), Is.True);
        Assert.That(used.TryAdd("short", now.AddMinutes(12)), Is.False);
        Assert.That(used.Count, Is.EqualTo(1));
    }

    [Test]
    [Description("Under a flood the oldest states are removed first, and the size is bounded")]
    public void The_size_is_bounded()
    {
        ConsumedStates used = new(clock);
        var expiry = clock.GetUtcNow().AddMinutes(10);
        for (int i = 0; i < ConsumedStates.Capacity; i++)
            used.TryAdd(i.ToString(System.Globalization.CultureInfo.InvariantCulture), expiry);
        Assert.That(used.Count, Is.EqualTo(ConsumedStates.Capacity));
        Assert.That(used.TryAdd("one more", expiry));
        Assert.That(used.Count, Is.EqualTo(ConsumedStates.Capacity));
        Assert.That(used.TryAdd("2", expiry), Is.False, "used, and still cached");
        Assert.That(used.TryAdd("0", expiry), Is.True, "the oldest was removed");
    }

    [Test]
    [Description("A replay adds nothing, so it must not evict a cached state")]
    public void Replays_do_not_evict_states()
    {
        ConsumedStates used = new(clock);
        var expiry = clock.GetUtcNow().AddMinutes(10);
        for (int i = 0; i < ConsumedStates.Capacity; i++)
            used.TryAdd(i.ToString(System.Globalization.CultureInfo.InvariantCulture), expiry);
        for (int i = 0; i < 10; i++)
            Assert.That(used.TryAdd("5", expiry), Is.False);
        Assert.That(used.TryAdd("0", expiry), Is.False);
    }
}
