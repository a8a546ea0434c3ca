using OAuthClient.Chaos.Verdicts;
using static OAuthClient.Chaos.Tests.Moments;

namespace OAuthClient.Chaos.Tests;

internal sealed class HeartbeatTests
{
    [TestCase(20)]
    [TestCase(29)]
    public void A_beat_in_time_is_not_a_stall(int elapsed) =>
        Assert.That(Heartbeat.Measure("3.1", TimeSpan.FromMilliseconds(elapsed), At(10)), Is.Null);

    [Test]
    public void A_late_beat_is_a_stall_from_the_time_it_was_due() =>
        Assert.That(Heartbeat.Measure("3.1", TimeSpan.FromMilliseconds(1520), At(10)), Is.EqualTo(Stalled("3.1", 8.5, 10)));

    [Test]
    public void A_thread_that_waited_for_a_processor_for_half_of_the_interval_is_a_stall() =>
        Assert.Multiple(() =>
        {
            Assert.That(RunDelay.Measure("3.1", TimeSpan.FromMilliseconds(99), At(10)), Is.Null);
            Assert.That(RunDelay.Measure("3.1", TimeSpan.FromMilliseconds(500), At(10)), Is.EqualTo(Stalled("3.1", 9.5, 10)));
        });
}
