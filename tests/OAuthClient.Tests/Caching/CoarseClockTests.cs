namespace OAuthClient.Tests;

/// <summary>Tests the cached clock that every request reads.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CoarseClockTests
{
    [Test]
    [Description("A time provider of the application is read each time")]
    public void A_custom_time_provider_is_read_each_time()
    {
        ManualTimeProvider clock = new();
        CoarseClock coarse = new(clock);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(coarse.Now, Is.EqualTo(clock.GetUtcNow().UtcTicks));
            clock.Advance(TimeSpan.FromTicks(1));
        }
    }

    [Test]
    [Description("The system time is read once for each tick count")]
    public void The_system_time_is_read_once_per_tick_count()
    {
        ManualTimeProvider clock = new();
        long tick = 5;
        CoarseClock coarse = new(clock, () => tick);
        long first = coarse.Now;
        Assert.That(first, Is.EqualTo(clock.GetUtcNow().UtcTicks));

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(coarse.Now, Is.EqualTo(first));
        tick++;
        Assert.That(coarse.Now, Is.EqualTo(clock.GetUtcNow().UtcTicks));
        clock.Advance(TimeSpan.FromSeconds(1));
        tick--;
        Assert.That(coarse.Now, Is.EqualTo(clock.GetUtcNow().UtcTicks), "any other tick count");
    }
}
