using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Tests;

internal sealed class SlackTests
{
    [Test]
    public void Each_slack_is_what_its_deadlines_leave() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                Slack.SurvivorWithinGrace.Length,
                Is.GreaterThan(TimeSpan.Zero).And.LessThan(TokenFamily.Grace - Registration.LeaseWithGrace)
            );
            Assert.That(Slack.OnePresentation.Length, Is.GreaterThan(TimeSpan.Zero).And.LessThan(Registration.AttemptTimeout));
            Assert.That(Slack.CallWithinTimeouts.Length, Is.GreaterThan(TimeSpan.Zero).And.LessThan(Registration.CommandTimeout));
        });

    [Test]
    public void A_token_that_was_hardly_late_needs_a_stall_only_as_long() =>
        Assert.That(Slack.TokenExpiry(TimeSpan.FromMilliseconds(3)).Length, Is.EqualTo(TimeSpan.FromMilliseconds(3)));
}
