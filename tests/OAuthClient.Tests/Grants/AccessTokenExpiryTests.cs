namespace OAuthClient.Tests;

/// <summary>The clock's part in a token's life, to the tick.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenExpiryTests
{
    private static readonly DateTimeOffset Issued = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // min(30 s, 20 %): where the two meet, at 150 s, and on both sides of it.
    [TestCase(3600, 3570)]
    [TestCase(151, 121)]
    [TestCase(150, 120)]
    [TestCase(149, 119.2)]
    [TestCase(100, 80)]
    [TestCase(10, 8)]
    [TestCase(1, 0.8)]
    public void Stated_life(double seconds, double early)
    {
        var token = Token(Issued.AddSeconds(seconds));
        foreach (bool renewable in new[] { true, false })
        {
            Assert.That(At(token, renewable, TimeSpan.Zero), Is.EqualTo(AccessTokenState.Fresh));
            Assert.That(At(token, renewable, Seconds(early) - Tick), Is.EqualTo(AccessTokenState.Fresh));
            Assert.That(At(token, renewable, Seconds(early)), Is.EqualTo(AccessTokenState.RefreshDue));
            Assert.That(At(token, renewable, Seconds(seconds) - Tick), Is.EqualTo(AccessTokenState.RefreshDue));
            Assert.That(At(token, renewable, Seconds(seconds)), Is.EqualTo(AccessTokenState.Expired));
            Assert.That(At(token, renewable, Seconds(seconds) + Hour), Is.EqualTo(AccessTokenState.Expired));
        }
    }

    [Test]
    public void No_life_at_all() => Assert.That(At(Token(Issued), renewable: true, TimeSpan.Zero), Is.EqualTo(AccessTokenState.Expired));

    [Test]
    [Description("RFC 6749 §5.1 only recommends expires_in: a token without it that can be had anew lives as long as the option says")]
    public void Unstated_life_of_a_renewable_one()
    {
        var token = Token(expiresAt: null);
        Assert.That(At(token, renewable: true, Hour - Seconds(30) - Tick), Is.EqualTo(AccessTokenState.Fresh));
        Assert.That(At(token, renewable: true, Hour - Seconds(30)), Is.EqualTo(AccessTokenState.RefreshDue));
        Assert.That(At(token, renewable: true, Hour - Tick), Is.EqualTo(AccessTokenState.RefreshDue));
        Assert.That(At(token, renewable: true, Hour), Is.EqualTo(AccessTokenState.Expired));
    }

    [Test]
    [Description("One that cannot be had anew is good until the API refuses it")]
    public void Unstated_life_of_one_that_is_not() =>
        Assert.That(At(Token(expiresAt: null), renewable: false, TimeSpan.FromDays(3650)), Is.EqualTo(AccessTokenState.Fresh));

    private static TimeSpan Tick => TimeSpan.FromTicks(1);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static AccessToken Token(DateTimeOffset? expiresAt) => new("at", Issued, expiresAt, [], []);

    private static AccessTokenState At(AccessToken token, bool renewable, TimeSpan age) =>
        AccessTokenExpiry.StateAt(token, renewable, Hour, Issued + age);
}
