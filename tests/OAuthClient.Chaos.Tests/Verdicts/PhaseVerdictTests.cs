using OAuthClient.Chaos.Verdicts;
using static OAuthClient.Chaos.Tests.Moments;

namespace OAuthClient.Chaos.Tests;

internal sealed class PhaseVerdictTests
{
    [Test]
    public void A_breach_without_a_stall_is_a_breach()
    {
        var verdict = Evaluate([Breach()]);

        Assert.Multiple(() =>
        {
            Assert.That(verdict.Verdict, Is.EqualTo(Verdict.Broken));
            Assert.That(verdict.Broken.Single(), Does.StartWith("a grant lives: user-1 lost it"));
            Assert.That(verdict.Broken.Single(), Does.Contain("stalls of 0 ms").And.Contain("slack 2000 ms"));
        });
    }

    [TestCase(Stall.Rig)]
    [TestCase(Stall.Database)]
    [TestCase("3.1")]
    public void A_stall_longer_than_the_slack_at_the_time_of_the_breach_makes_it_inconclusive(string process)
    {
        var verdict = Evaluate([Breach()], Stalled(process, 12, 14.5));

        Assert.Multiple(() =>
        {
            Assert.That(verdict.Verdict, Is.EqualTo(Verdict.Inconclusive));
            Assert.That(verdict.Excused.Single(), Does.Contain("stalls of 2500 ms"));
            Assert.That(verdict.Broken, Is.Empty);
        });
    }

    [TestCase(4, 10)]
    [TestCase(20, 26)]
    [TestCase(6, 11.5)]
    [TestCase(18.5, 25)]
    public void A_stall_at_another_time_does_not_excuse_a_breach(double from, double to) =>
        Assert.That(Evaluate([Breach()], Stalled(Stall.Rig, from, to)).Verdict, Is.EqualTo(Verdict.Broken));

    [Test]
    public void A_stall_of_another_process_does_not_excuse_a_breach() =>
        Assert.That(Evaluate([Breach()], Stalled("4.1", 10, 20), Stalled("3.2", 10, 20)).Verdict, Is.EqualTo(Verdict.Broken));

    [Test]
    public void A_stall_as_long_as_the_slack_does_not_excuse_a_breach() =>
        Assert.That(Evaluate([Breach()], Stalled(Stall.Rig, 12, 14)).Verdict, Is.EqualTo(Verdict.Broken));

    [Test]
    public void The_stalls_of_every_process_that_could_have_caused_the_breach_count() =>
        Assert.That(Evaluate([Breach() with { Processes = null }], Stalled("7.4", 12, 15)).Verdict, Is.EqualTo(Verdict.Inconclusive));

    [Test]
    public void No_stall_excuses_a_promise_that_does_not_depend_on_time() =>
        Assert.That(Evaluate([Breach() with { Slack = null }], Stalled(Stall.Rig, 0, 60)).Verdict, Is.EqualTo(Verdict.Broken));

    [Test]
    public void A_pause_that_the_rig_caused_excuses_no_breach()
    {
        StallHistory history = new([Stalled("3.1", 10, 20.5)], injected: [Stalled("3.1", 9, 20)]);

        Assert.That(PhaseVerdict.Of([Breach()], history).Verdict, Is.EqualTo(Verdict.Broken));
    }

    [Test]
    public void One_breach_that_no_stall_explains_makes_the_run_broken()
    {
        var later = Breach() with { Detail = "user-2 lost it", From = At(30), To = At(40) };

        var verdict = Evaluate([Breach(), later, Breach("a call succeeds")], Stalled(Stall.Rig, 12, 15));

        Assert.Multiple(() =>
        {
            Assert.That(verdict.Verdict, Is.EqualTo(Verdict.Broken));
            Assert.That(verdict.Broken.Single(), Does.StartWith("a grant lives: user-2 lost it").And.Not.Contain("user-1"));
            Assert.That(verdict.Excused.Single(), Does.StartWith("a call succeeds"));
        });
    }

    [Test]
    public void Without_a_breach_stalls_have_no_effect() =>
        Assert.That(Evaluate([], Stalled(Stall.Rig, 0, 60)).Verdict, Is.EqualTo(Verdict.Kept));
}
