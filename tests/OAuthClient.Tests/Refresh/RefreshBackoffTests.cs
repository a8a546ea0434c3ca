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
        var grants = Enumerable.Range(0, 100_000).Select(i => GrantStoreContract.Sample($"g{i}", "42")).ToList();
        foreach (var grant in grants)
        {
            backoff.Lost(grant);
            backoff.EarlyFailed(grant, Now);
            backoff.Failed(grant, AccessTokenKey.Default, fault, Now);
        }
        Assert.That(grants.Count(backoff.IsLost), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => !backoff.MayRefreshEarly(grant, Now)), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => backoff.JustFailed(grant, AccessTokenKey.Default, Now) is not null), Is.InRange(1, 10_000));
    }

    [Test]
    [Description(
        "To the tick: a failure that a caller waited for lasts a second, one of an early refresh five seconds; each applies to "
            + "its own token"
    )]
    public void They_expire_in_time()
    {
        RefreshBackoff backoff = new();
        var grant = GrantStoreContract.Sample("g1", "42");
        backoff.EarlyFailed(grant, Now);
        backoff.Failed(grant, AccessTokenKey.Default, ExceptionDispatchInfo.Capture(new HttpRequestException("gone")), Now);
        var tick = TimeSpan.FromTicks(1);
        Assert.That(backoff.JustFailed(grant, AccessTokenKey.Default, Now + RefreshBackoff.Pause - tick), Is.Not.Null);
        Assert.That(backoff.JustFailed(grant, AccessTokenKey.Default, Now + RefreshBackoff.Pause), Is.Null);
        Assert.That(backoff.JustFailed(grant, new AccessTokenKey(["a"], []), Now), Is.Null);
        Assert.That(backoff.MayRefreshEarly(grant, Now + RefreshBackoff.EarlyPause - tick), Is.False);
        Assert.That(backoff.MayRefreshEarly(grant, Now + RefreshBackoff.EarlyPause), Is.True);
        backoff.Forget(grant);
        Assert.That(backoff.MayRefreshEarly(grant, Now), Is.True);
        Assert.That(backoff.JustFailed(grant, AccessTokenKey.Default, Now), Is.Null);
    }
}
