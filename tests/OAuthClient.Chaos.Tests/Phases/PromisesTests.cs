using OAuthClient.Chaos.Phases;
using OAuthClient.Chaos.Verdicts;
using static OAuthClient.Chaos.Tests.Moments;

namespace OAuthClient.Chaos.Tests;

internal sealed class PromisesTests
{
    private static IEnumerable<TestCaseData<Exception, Verdict>> Exceptions =>
        [
            new(new TimeoutException(), Verdict.Inconclusive),
            new(new OrderFailedException("3.1", "NpgsqlException Failed to connect"), Verdict.Inconclusive),
            new(new InvalidOperationException(), Verdict.Broken),
            new(new OrderFailedException("3.1", "NullReferenceException Object reference not set"), Verdict.Broken),
        ];

    [TestCaseSource(nameof(Exceptions))]
    public void A_stall_excuses_only_exceptions_of_a_timeout(Exception exception, Verdict expected) =>
        Assert.That(Evaluate([Promises.Unfinished(exception, At(10), At(20))], Stalled(Stall.Rig, 10, 19)).Verdict, Is.EqualTo(expected));

    [Test]
    public void Without_a_stall_a_timeout_is_a_broken_promise() =>
        Assert.That(Evaluate([Promises.Unfinished(new TimeoutException(), At(10), At(20))]).Verdict, Is.EqualTo(Verdict.Broken));
}
