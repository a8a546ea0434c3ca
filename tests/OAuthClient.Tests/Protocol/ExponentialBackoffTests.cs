namespace OAuthClient.Tests;

/// <summary>Tests the delays between the attempts of an operation.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ExponentialBackoffTests
{
    [Test]
    public void Delays_double_up_to_the_maximum()
    {
        ExponentialBackoff backoff = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(300));
        Assert.That(
            Enumerable.Range(0, 6).Select(_ => backoff.Next().TotalMilliseconds),
            Is.EqualTo(new[] { 50d, 100, 200, 300, 300, 300 })
        );
    }
}
