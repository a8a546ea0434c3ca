using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Tests;

internal sealed class SlackTests
{
    [Test]
    public void Each_slack_is_derived_from_its_deadlines() =>
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
    public void The_slack_of_a_slightly_late_token_is_its_lateness() =>
        Assert.That(Slack.TokenExpiry(TimeSpan.FromMilliseconds(3)).Length, Is.EqualTo(TimeSpan.FromMilliseconds(3)));
}
