namespace OAuthClient.Tests;

/// <summary>Tests how the times of a JWT are compared with the clock (RFC 7519 §4.1.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClockReadingTests
{
    private static readonly DateTimeOffset Now = SampleConfiguration.Now;

    [TestCase(-61, true, false)]
    [TestCase(-60, true, false)]
    [TestCase(-59, false, false)]
    [TestCase(60, false, false)]
    [TestCase(61, false, true)]
    [Description("RFC 7519 §4.1.4: one minute of difference between the clocks is accepted in both directions")]
    public void The_difference_of_the_clocks_is_accepted(int seconds, bool hasPassed, bool isInFuture)
    {
        var time = Now + TimeSpan.FromSeconds(seconds);
        Assert.That(SampleConfiguration.Clock.HasPassed(time), Is.EqualTo(hasPassed));
        Assert.That(SampleConfiguration.Clock.IsInFuture(time), Is.EqualTo(isInFuture));
    }

    [Test]
    [Description("RFC 7519 §4.1.4: the year 9999, which some servers send for never, has not passed")]
    public void The_last_time_has_not_passed() => Assert.That(SampleConfiguration.Clock.HasPassed(DateTimeOffset.MaxValue), Is.False);

    [Test]
    [Description("The end of a message names the claim, both times and the tolerance, so that a wrong clock is found")]
    public void The_message_states_both_times_and_the_tolerance() =>
        Assert.That(
            new ClockReading(Now, TimeSpan.FromSeconds(90)).Compare("exp", Now.AddHours(-1)),
            Is.EqualTo(
                "(exp is 2030-01-01T11:00:00Z, this machine's clock is at 2030-01-01T12:00:00Z, ClockTolerance is 90 s); check this "
                    + "machine's clock, or the server's."
            )
        );
}
