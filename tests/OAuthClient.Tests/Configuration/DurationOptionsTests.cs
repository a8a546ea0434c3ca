using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>Tests the validation and the defaults of the durations in the options.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DurationOptionsTests
{
    [Test]
    [Description("RFC 9700 §4.7, RFC 6749 §5.1: the limits of each duration")]
    public void Durations_have_limits()
    {
        var tick = TimeSpan.FromTicks(1);
        (Action<OAuthClientOptions, TimeSpan> Set, TimeSpan Maximum, string Fragment)[] durations =
        [
            (
                (o, t) => o.PendingAuthorizationLifetime = t,
                TimeSpan.FromHours(1),
                "PendingAuthorizationLifetime must be greater than zero and at most one hour."
            ),
            ((o, t) => o.SignInLifetime = t, TimeSpan.FromDays(365), "SignInLifetime must be greater than zero and at most 365 days."),
            (
                (o, t) => o.DefaultAccessTokenLifetime = t,
                TimeSpan.FromDays(365),
                "DefaultAccessTokenLifetime must be greater than zero and at most 365 days."
            ),
            (
                (o, t) => o.BackChannelDeadline = t,
                TimeSpan.FromMinutes(5),
                "BackChannelDeadline must be greater than zero and at most five minutes."
            ),
        ];
        foreach (var (set, maximum, fragment) in durations)
        {
            Assert.That(Failures(o => set(o, tick)), Is.Empty);
            Assert.That(Failures(o => set(o, maximum)), Is.Empty);
            foreach (
                var invalid in new[]
                {
                    maximum + tick,
                    TimeSpan.Zero,
                    -tick,
                    Timeout.InfiniteTimeSpan,
                    TimeSpan.MaxValue,
                    TimeSpan.MinValue,
                }
            )
                Assert.That(Failures(o => set(o, invalid)), Is.EqualTo(["OAuth client 'photos': " + fragment]));
        }
    }

    [TestCase(null, null, null)]
    [TestCase(45, null, null)]
    [TestCase(31, 32, null)]
    [TestCase(null, 1, null)]
    [TestCase(30, null, "RefreshLease must be longer than BackChannelDeadline")]
    [TestCase(60, 60, "RefreshLease must be shorter than RefreshTokenGracePeriod")]
    [TestCase(601, null, "RefreshLease must be at most ten minutes")]
    [TestCase(null, 0, "RefreshTokenGracePeriod must be greater than zero")]
    [Description("The lease is longer than the back-channel deadline and shorter than the grace period of the server")]
    public void The_lease_is_between_deadline_and_grace_period(int? lease, int? grace, string? fragment)
    {
        var failures = Failures(o =>
        {
            o.RefreshLease = lease is null ? null : TimeSpan.FromSeconds(lease.Value);
            o.RefreshTokenGracePeriod = grace is null ? null : TimeSpan.FromSeconds(grace.Value);
        });
        Assert.That(failures, fragment is null ? Is.Empty : Has.One.Contains(fragment));
    }

    [TestCase(null, null, 45, 30)]
    [TestCase(null, 10, 7.5, 5)]
    [TestCase(null, 600, 45, 30)]
    [TestCase(60, 90, 60, 30)]
    [TestCase(33, null, 33, 22)]
    [Description("The defaults of lease and deadline are derived from the options that are set")]
    public void The_default_lease_is_derived_from_other_options(int? lease, int? grace, double expectedLease, double expectedDeadline)
    {
        var configuration = SampleConfiguration.Create(o =>
        {
            o.RefreshLease = lease is null ? null : TimeSpan.FromSeconds(lease.Value);
            o.RefreshTokenGracePeriod = grace is null ? null : TimeSpan.FromSeconds(grace.Value);
        });
        Assert.That(configuration.RefreshLease, Is.EqualTo(TimeSpan.FromSeconds(expectedLease)));
        Assert.That(configuration.RefreshDeadline, Is.EqualTo(TimeSpan.FromSeconds(expectedDeadline)));
    }
}
