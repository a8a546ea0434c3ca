using System.Runtime.ExceptionServices;

namespace OAuthClient.Tests;

/// <summary>Tests that the cache of failed refreshes of a process is bounded, since most of those users do not return.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshBackoffTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RefreshContext Context = new(
        SampleConfiguration.Create(),
        GrantOwner.User("42"),
        AccessTokenKey.Default,
        Rejection: null
    );
    private static readonly AccessTokenRenewal Failed = new(
        Context,
        Outcome: null,
        ExceptionDispatchInfo.Capture(new HttpRequestException("gone"))
    );

    [Test]
    [Description("State flooding: 100,000 lost or failed grants leave at most 10,000 entries of each kind")]
    public void They_are_bounded()
    {
        RefreshBackoff backoff = new();
        var grants = Enumerable.Range(0, 100_000).Select(i => SampleGrants.Create($"g{i}", "42")).ToList();
        foreach (var grant in grants)
        {
            backoff.RecordLost(grant);
            backoff.RecordEarlyFailure(grant.Id, Now);
            backoff.RecordFailure(grant.Id, Failed, Now);
        }
        Assert.That(grants.Count(backoff.IsLost), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => !backoff.CanRefreshEarly(grant.Id, Now)), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => backoff.FindRecentFailure(grant.Id, Context, Now) is not null), Is.InRange(1, 10_000));
    }

    [Test]
    [Description(
        "To the tick: a failure that a caller waited for lasts a second, one of an early refresh five seconds; each applies to "
            + "its own token, and to the configuration with which the refresh failed"
    )]
    public void They_expire_in_time()
    {
        RefreshBackoff backoff = new();
        backoff.RecordEarlyFailure("g1", Now);
        backoff.RecordFailure("g1", Failed, Now);
        var tick = TimeSpan.FromTicks(1);
        Assert.That(backoff.FindRecentFailure("g1", Context, Now + RefreshBackoff.Pause - tick), Is.SameAs(Failed));
        Assert.That(backoff.FindRecentFailure("g1", Context, Now + RefreshBackoff.Pause), Is.Null);
        Assert.That(backoff.FindRecentFailure("g1", Context with { Selection = new(["a"], []) }, Now), Is.Null);
        Assert.That(backoff.FindRecentFailure("g1", Context with { Configuration = SampleConfiguration.Create() }, Now), Is.Null);
        Assert.That(backoff.CanRefreshEarly("g1", Now + RefreshBackoff.EarlyPause - tick), Is.False);
        Assert.That(backoff.CanRefreshEarly("g1", Now + RefreshBackoff.EarlyPause), Is.True);
        backoff.Clear("g1");
        Assert.That(backoff.CanRefreshEarly("g1", Now), Is.True);
        Assert.That(backoff.FindRecentFailure("g1", Context, Now), Is.Null);
    }
}
