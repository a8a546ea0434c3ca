using System.Runtime.ExceptionServices;

namespace OAuthClient.Tests;

/// <summary>Tests that the cache of failed refreshes of a process is bounded, since most of those users do not return.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshBackoffTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    [Description("State flooding: 100,000 lost or failed grants leave at most 10,000 entries of each kind")]
    public void They_are_bounded()
    {
        RefreshBackoff backoff = new();
        var fault = ExceptionDispatchInfo.Capture(new HttpRequestException("gone"));
        var grants = Enumerable.Range(0, 100_000).Select(i => SampleGrants.Create($"g{i}", "42")).ToList();
        foreach (var grant in grants)
        {
            backoff.RecordLost(grant);
            backoff.RecordEarlyFailure(grant, Now);
            backoff.RecordFailure(grant, AccessTokenKey.Default, fault, Now);
        }
        Assert.That(grants.Count(backoff.IsLost), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => !backoff.CanRefreshEarly(grant, Now)), Is.InRange(1, 10_000));
        Assert.That(
            grants.Count(grant => backoff.FindRecentFailure(grant, AccessTokenKey.Default, Now) is not null),
            Is.InRange(1, 10_000)
        );
    }

    [Test]
    [Description(
        "To the tick: a failure that a caller waited for lasts a second, one of an early refresh five seconds; each applies to "
            + "its own token"
    )]
    public void They_expire_in_time()
    {
        RefreshBackoff backoff = new();
        var grant = SampleGrants.Create("g1", "42");
        backoff.RecordEarlyFailure(grant, Now);
        backoff.RecordFailure(grant, AccessTokenKey.Default, ExceptionDispatchInfo.Capture(new HttpRequestException("gone")), Now);
        var tick = TimeSpan.FromTicks(1);
        Assert.That(backoff.FindRecentFailure(grant, AccessTokenKey.Default, Now + RefreshBackoff.Pause - tick), Is.Not.Null);
        Assert.That(backoff.FindRecentFailure(grant, AccessTokenKey.Default, Now + RefreshBackoff.Pause), Is.Null);
        Assert.That(backoff.FindRecentFailure(grant, new AccessTokenKey(["a"], []), Now), Is.Null);
        Assert.That(backoff.CanRefreshEarly(grant, Now + RefreshBackoff.EarlyPause - tick), Is.False);
        Assert.That(backoff.CanRefreshEarly(grant, Now + RefreshBackoff.EarlyPause), Is.True);
        backoff.Clear(grant);
        Assert.That(backoff.CanRefreshEarly(grant, Now), Is.True);
        Assert.That(backoff.FindRecentFailure(grant, AccessTokenKey.Default, Now), Is.Null);
    }
}
