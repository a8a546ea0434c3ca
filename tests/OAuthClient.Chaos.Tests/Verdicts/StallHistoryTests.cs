using OAuthClient.Chaos.Verdicts;
using static OAuthClient.Chaos.Tests.Moments;

namespace OAuthClient.Chaos.Tests;

internal sealed class StallHistoryTests
{
    [Test]
    public void Stalls_of_different_processes_are_added_and_concurrent_ones_count_once()
    {
        StallHistory history = new(
            [Stalled("3.1", 10, 12), Stalled(Stall.Rig, 11, 13), Stalled(Stall.Database, 15, 16), Stalled("3.1", 10.5, 11)],
            []
        );

        Assert.Multiple(() =>
        {
            Assert.That(history.Total(At(0), At(60), processes: null), Is.EqualTo(TimeSpan.FromSeconds(4)));
            Assert.That(history.Total(At(12.5), At(15.5), processes: null), Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(history.Total(At(0), At(60), ["3.1"]), Is.EqualTo(TimeSpan.FromSeconds(2)));
        });
    }

    [Test]
    public void A_stall_beyond_a_pause_that_the_rig_caused_remains()
    {
        StallHistory history = new([Stalled("3.1", 9, 24)], injected: [Stalled("3.1", 10, 20), Stalled("4.1", 0, 60)]);

        Assert.That(history.Stalls, Is.EqualTo(new[] { Stalled("3.1", 9, 10), Stalled("3.1", 20, 24) }));
    }

    [Test]
    public void The_longest_stall_of_each_process_is_first()
    {
        StallHistory history = new([Stalled("3.1", 1, 2), Stalled(Stall.Database, 1, 4), Stalled("3.1", 5, 6.5)], []);

        Assert.Multiple(() =>
        {
            Assert.That(history.Longest, Is.EqualTo(TimeSpan.FromSeconds(3)));
            Assert.That(
                history.ByProcess,
                Is.EqualTo(
                    new[]
                    {
                        (Stall.Database, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)),
                        ("3.1", TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.5)),
                    }
                )
            );
        });
    }
}
