namespace OAuthClient.Tests;

/// <summary>Tests how long a token is not replaced again after an API rejected one with a status 401 that states no reason.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UnexplainedRejectionTests
{
    [TestCase(5, 1)]
    [TestCase(10, 2)]
    [TestCase(20, 3)]
    [TestCase(40, 4)]
    [TestCase(60, 5)]
    [TestCase(60, 100)]
    [Description("The interval is 5 minutes, and doubles up to an hour while the new token is rejected too")]
    public void The_interval_doubles(int minutes, int count)
    {
        UnexplainedRejection record = new(DateTimeOffset.UnixEpoch, count);
        Assert.That(record.AllowsReplacement(DateTimeOffset.UnixEpoch.AddMinutes(minutes)));
        Assert.That(record.AllowsReplacement(DateTimeOffset.UnixEpoch.AddMinutes(minutes).AddTicks(-1)), Is.False);
        Assert.That((record with { IsAccepted = true }).AllowsReplacement(DateTimeOffset.UnixEpoch.AddMinutes(5)));
    }

    [TestCase(null, 79, 3)]
    [TestCase(null, 80, 1)]
    [TestCase(false, 100_000, 3)]
    [TestCase(true, 5, 1)]
    [Description("The count starts again after a token that was accepted, or, where that is not known, after four intervals")]
    public void The_count_starts_again(bool? isAccepted, int minutes, int count) =>
        Assert.That(
            UnexplainedRejection
                .After(new(DateTimeOffset.UnixEpoch, 2) { IsAccepted = isAccepted }, DateTimeOffset.UnixEpoch.AddMinutes(minutes / 2.0))
                .Count,
            Is.EqualTo(count)
        );
}
