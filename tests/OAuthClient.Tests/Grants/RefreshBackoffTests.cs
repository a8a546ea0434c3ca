using System.Runtime.ExceptionServices;

namespace OAuthClient.Tests.Grants;

/// <summary>What a process remembers of refreshes that failed: bounded, because most of those users never come back.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshBackoffTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    [Description("State flooding: 100,000 grants that were lost or failed leave no more than 10,000 notes of each kind")]
    public void They_are_bounded()
    {
        RefreshBackoff notes = new();
        var fault = ExceptionDispatchInfo.Capture(new HttpRequestException("gone"));
        var grants = Enumerable.Range(0, 100_000).Select(i => GrantStoreContract.Sample($"g{i}", "42")).ToList();
        foreach (var grant in grants)
        {
            notes.Lost(grant);
            notes.EarlyFailed(grant, Now);
            notes.Failed(grant, AccessTokenKey.Default, fault, Now);
            notes.Interrupted(new RefreshState(grant) { IsInDoubt = true });
        }
        Assert.That(grants.Count(notes.IsLost), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => !notes.MayRefreshEarly(grant, Now)), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => notes.JustFailed(grant, AccessTokenKey.Default, Now) is not null), Is.InRange(1, 10_000));
        Assert.That(grants.Count(grant => notes.Begin(grant).IsInDoubt), Is.InRange(1, 10_000));
    }

    [Test]
    [Description("To the tick: a failure somebody waited for counts for a second, an early one for five; each for its own token")]
    public void They_are_over_when_their_time_is()
    {
        RefreshBackoff notes = new();
        var grant = GrantStoreContract.Sample("g1", "42");
        notes.EarlyFailed(grant, Now);
        notes.Failed(grant, AccessTokenKey.Default, ExceptionDispatchInfo.Capture(new HttpRequestException("gone")), Now);
        var tick = TimeSpan.FromTicks(1);
        Assert.That(notes.JustFailed(grant, AccessTokenKey.Default, Now + RefreshBackoff.Pause - tick), Is.Not.Null);
        Assert.That(notes.JustFailed(grant, AccessTokenKey.Default, Now + RefreshBackoff.Pause), Is.Null);
        Assert.That(notes.JustFailed(grant, new AccessTokenKey(["a"], []), Now), Is.Null);
        Assert.That(notes.MayRefreshEarly(grant, Now + RefreshBackoff.EarlyPause - tick), Is.False);
        Assert.That(notes.MayRefreshEarly(grant, Now + RefreshBackoff.EarlyPause), Is.True);
        notes.Forget(grant);
        Assert.That(notes.MayRefreshEarly(grant, Now), Is.True);
        Assert.That(notes.JustFailed(grant, AccessTokenKey.Default, Now), Is.Null);
    }
}
