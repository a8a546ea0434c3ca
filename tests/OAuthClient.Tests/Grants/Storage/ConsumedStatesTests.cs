namespace OAuthClient.Tests;

/// <summary>The states that were used up: bounded, and none forgotten while it can come again (RFC 9700 §4.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ConsumedStatesTests
{
    private readonly ManualTimeProvider clock = new();

    [Test]
    public void Expired_ones_make_room()
    {
        ConsumedStates used = new(clock);
        var soon = clock.GetUtcNow().AddMinutes(1);
        for (int i = 0; i < 100; i++)
            Assert.That(used.TryAdd($"old{i}", soon.AddMinutes(-1)));
        Assert.That(used.Count, Is.EqualTo(1), "each finds its predecessors expired");
        Assert.That(used.TryAdd("new", soon));
        Assert.That(used.Count, Is.EqualTo(1));
    }

    [Test]
    [Description("One with a long life holds back the ones behind it, and nothing is forgotten too early")]
    public void Order_of_use()
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
    [Description("Under a flood the ones used first are forgotten first, and the memory has an end")]
    public void Bounded()
    {
        ConsumedStates used = new(clock);
        var expiry = clock.GetUtcNow().AddMinutes(10);
        for (int i = 0; i < ConsumedStates.Capacity; i++)
            used.TryAdd(i.ToString(System.Globalization.CultureInfo.InvariantCulture), expiry);
        Assert.That(used.Count, Is.EqualTo(ConsumedStates.Capacity));
        Assert.That(used.TryAdd("one more", expiry));
        Assert.That(used.Count, Is.EqualTo(ConsumedStates.Capacity));
        Assert.That(used.TryAdd("2", expiry), Is.False, "used, and still remembered");
        Assert.That(used.TryAdd("0", expiry), Is.True, "the oldest was forgotten");
    }

    [Test]
    [Description("A replay must not push out what is remembered: it adds nothing")]
    public void Replays_push_nothing_out()
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
