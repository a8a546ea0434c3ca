namespace OAuthClient.Tests;

/// <summary>Tests the state of an access token at each age, to the tick.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenExpiryTests
{
    private static readonly DateTimeOffset Issued = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // min(30 s, 20 %): the crossover at 150 s, and values on both sides of it.
    [TestCase(3600, 3570)]
    [TestCase(151, 121)]
    [TestCase(150, 120)]
    [TestCase(149, 119.2)]
    [TestCase(100, 80)]
    [TestCase(10, 8)]
    [TestCase(1, 0.8)]
    public void Stated_lifetime(double seconds, double early)
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
    public void Lifetime_of_zero() => Assert.That(At(Token(Issued), renewable: true, TimeSpan.Zero), Is.EqualTo(AccessTokenState.Expired));

    [Test]
    [Description("RFC 6749 §5.1 only recommends expires_in: a renewable token without it is valid for the lifetime set in the options")]
    public void Unstated_lifetime_of_a_renewable_token()
    {
        var token = Token(expiresAt: null);
        Assert.That(At(token, renewable: true, Hour - Seconds(30) - Tick), Is.EqualTo(AccessTokenState.Fresh));
        Assert.That(At(token, renewable: true, Hour - Seconds(30)), Is.EqualTo(AccessTokenState.RefreshDue));
        Assert.That(At(token, renewable: true, Hour - Tick), Is.EqualTo(AccessTokenState.RefreshDue));
        Assert.That(At(token, renewable: true, Hour), Is.EqualTo(AccessTokenState.Expired));
    }

    [Test]
    [Description("A token that cannot be renewed is fresh until the API rejects it")]
    public void Unstated_lifetime_of_a_token_that_cannot_be_renewed() =>
        Assert.That(At(Token(expiresAt: null), renewable: false, TimeSpan.FromDays(3650)), Is.EqualTo(AccessTokenState.Fresh));

    private static TimeSpan Tick => TimeSpan.FromTicks(1);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static AccessToken Token(DateTimeOffset? expiresAt) => new("at", Issued, expiresAt, [], []);

    private static AccessTokenState At(AccessToken token, bool renewable, TimeSpan age) =>
        AccessTokenExpiry.StateAt(token, renewable, Hour, Issued + age);
}
