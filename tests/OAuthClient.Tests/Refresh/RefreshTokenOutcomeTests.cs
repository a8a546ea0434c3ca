using System.Net;

namespace OAuthClient.Tests;

/// <summary>What a failed presentation means for the refresh token (RFC 6749 §5.2, §6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshTokenOutcomeTests
{
    [TestCase(400, "invalid_grant", nameof(RefreshTokenOutcome.InvalidGrant))]
    [TestCase(401, "invalid_grant", nameof(RefreshTokenOutcome.InvalidGrant))]
    [TestCase(200, "invalid_grant", nameof(RefreshTokenOutcome.InvalidGrant))]
    [TestCase(500, "invalid_grant", nameof(RefreshTokenOutcome.InvalidGrant))]
    [TestCase(400, "invalid_client", nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(401, "invalid_client", nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(400, "invalid_scope", nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(400, "Invalid_Grant", nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(200, "bad_verification_code", nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(302, null, nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(400, null, nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(404, null, nameof(RefreshTokenOutcome.OtherError))]
    [TestCase(200, null, nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(204, null, nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(408, null, nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(408, "invalid_request", nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(500, null, nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(500, "server_error", nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(502, null, nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(503, "temporarily_unavailable", nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(400, "server_error", nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(400, "temporarily_unavailable", nameof(RefreshTokenOutcome.Ambiguous))]
    [TestCase(429, null, nameof(RefreshTokenOutcome.NotSent))]
    [TestCase(429, "invalid_grant", nameof(RefreshTokenOutcome.NotSent))]
    public void An_answer(int status, string? error, string outcome)
    {
        var exception = new TokenEndpointException(
            new("token endpoint", new("https://as.example/token"), (HttpStatusCode)status) { Error = error }
        );
        Assert.That(RefreshTokenOutcomes.Of(exception, Departed()).ToString(), Is.EqualTo(outcome));
    }

    [Test]
    [Description("A Retry-After does not say that nothing was done")]
    public void A_server_that_failed_and_asks_for_patience_may_have_worked() =>
        Assert.That(
            RefreshTokenOutcomes.Of(
                new TokenEndpointException(
                    new("token endpoint", new("https://as.example/token"), HttpStatusCode.ServiceUnavailable)
                    {
                        RetryAfter = TimeSpan.FromSeconds(1),
                    }
                ),
                Departed()
            ),
            Is.EqualTo(RefreshTokenOutcome.Ambiguous)
        );

    private static IEnumerable<Exception> Faults() =>
        [
            new HttpRequestException("reset"),
            new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
            new TaskCanceledException("late", new TimeoutException()),
            new OperationCanceledException(),
            new InvalidOperationException("sent twice"),
            new OAuthException("of some other kind"),
        ];

    [TestCaseSource(nameof(Faults))]
    [Description("Whatever broke: what may have left may have been spent")]
    public void A_fault_after_it_left(Exception exception) =>
        Assert.That(RefreshTokenOutcomes.Of(exception, Departed()), Is.EqualTo(RefreshTokenOutcome.Ambiguous));

    [TestCaseSource(nameof(Faults))]
    [Description("Whatever broke: what never left was not spent")]
    public void A_fault_before_it_left(Exception exception) =>
        Assert.That(RefreshTokenOutcomes.Of(exception, new SendTracker()), Is.EqualTo(RefreshTokenOutcome.NotSent));

    [Test]
    [Description("RFC 6749 §7.1: an answer that is whole and cannot be used")]
    public void An_answer_of_no_use() =>
        Assert.That(
            RefreshTokenOutcomes.Of(new OAuthProtocolException("token_type"), Departed()),
            Is.EqualTo(RefreshTokenOutcome.OtherError)
        );

    [Test]
    [Description("RFC 6585 §4: turned away with 429, then never sent again")]
    public void Turned_away_and_then_not_sent()
    {
        var tracker = Departed();
        tracker.ResponseReceived(turnedAway: true);
        Assert.That(RefreshTokenOutcomes.Of(new HttpRequestException("refused"), tracker), Is.EqualTo(RefreshTokenOutcome.NotSent));
    }

    private static SendTracker Departed()
    {
        SendTracker tracker = new();
        tracker.MarkSending();
        return tracker;
    }
}
