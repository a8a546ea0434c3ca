namespace OAuthClient.Tests.Grants;

/// <summary>The time that every request asks for.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RecentTimeTests
{
    [Test]
    [Description("A clock that an application puts in the system's place is read each time")]
    public void Anothers_clock()
    {
        ManualTimeProvider clock = new();
        RecentTime recent = new(clock);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(recent.Now, Is.EqualTo(clock.GetUtcNow().UtcTicks));
            clock.Advance(TimeSpan.FromTicks(1));
        }
    }

    [Test]
    [Description("The system's is never ahead of itself, and moves on")]
    public void The_systems()
    {
        RecentTime recent = new(TimeProvider.System);
        long before = TimeProvider.System.GetUtcNow().UtcTicks;
        long first = recent.Now;
        Assert.That(first, Is.InRange(before, TimeProvider.System.GetUtcNow().UtcTicks));

        Assert.That(SpinWait.SpinUntil(() => recent.Now > first, TimeSpan.FromMinutes(1)), Is.True);
        Assert.That(recent.Now, Is.LessThanOrEqualTo(TimeProvider.System.GetUtcNow().UtcTicks));
    }
}
