namespace OAuthClient.Tests;

/// <summary>Tests the cache of refreshes whose lease this process still holds.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InterruptedRefreshesTests
{
    [Test]
    [Description("State flooding: of 100,000 interrupted refreshes at most 10,000 are cached")]
    public void They_are_bounded()
    {
        InterruptedRefreshes interrupted = new();
        var grants = Enumerable.Range(0, 100_000).Select(i => SampleGrants.Create($"g{i}", "42")).ToList();
        foreach (var grant in grants)
            interrupted.Record(new RefreshState(grant) { IsInDoubt = true });
        Assert.That(grants.Count(grant => interrupted.Resume(grant).IsInDoubt), Is.InRange(1, 10_000));
    }

    [Test]
    [Description("An interrupted refresh is resumed once, and not after the grant has changed or was removed")]
    public void They_are_resumed_once()
    {
        InterruptedRefreshes interrupted = new();
        var grant = SampleGrants.Create("g1", "42");
        interrupted.Record(new RefreshState(grant) { IsInDoubt = true });
        Assert.That(interrupted.Resume(grant).IsInDoubt, Is.True);
        Assert.That(interrupted.Resume(grant).IsInDoubt, Is.False);

        interrupted.Record(new RefreshState(grant) { IsInDoubt = true });
        Assert.That(interrupted.Resume(grant.AfterGeneration(grant.Generation)).IsInDoubt, Is.False);

        interrupted.Record(new RefreshState(grant) { IsInDoubt = true });
        interrupted.Remove(grant);
        Assert.That(interrupted.Resume(grant).IsInDoubt, Is.False);
    }
}
