namespace OAuthClient.Tests;

/// <summary>The time that every request asks for.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CoarseClockTests
{
    [Test]
    [Description("A clock that an application puts in the system's place is read each time")]
    public void Anothers_clock()
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
    [Description("The system's is read once for each tick")]
    public void The_systems()
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
        Assert.That(coarse.Now, Is.EqualTo(clock.GetUtcNow().UtcTicks), "another tick, whichever");
    }
}
