using System.Net;

namespace OAuthClient.Tests;

/// <summary>Tests what a failed presentation means for the refresh token (RFC 6749 §5.2, §6).</summary>
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
    public void An_error_response(int status, string? error, string outcome)
    {
        var exception = new TokenEndpointException(
            new("token endpoint", new("https://as.example/token"), (HttpStatusCode)status) { Error = error }
        );
        Assert.That(RefreshTokenOutcomes.Of(exception, Sent()).ToString(), Is.EqualTo(outcome));
    }

    [Test]
    [Description("A Retry-After header does not state that the server did nothing")]
    public void A_failed_server_with_Retry_After_may_have_used_the_token() =>
        Assert.That(
            RefreshTokenOutcomes.Of(
                new TokenEndpointException(
                    new("token endpoint", new("https://as.example/token"), HttpStatusCode.ServiceUnavailable)
                    {
                        RetryAfter = TimeSpan.FromSeconds(1),
                    }
                ),
                Sent()
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
    [Description("Any fault after the request was sent: the token may have been used")]
    public void A_fault_after_the_request_was_sent(Exception exception) =>
        Assert.That(RefreshTokenOutcomes.Of(exception, Sent()), Is.EqualTo(RefreshTokenOutcome.Ambiguous));

    [TestCaseSource(nameof(Faults))]
    [Description("Any fault before the request was sent: the token was not used")]
    public void A_fault_before_the_request_was_sent(Exception exception) =>
        Assert.That(RefreshTokenOutcomes.Of(exception, new SendTracker()), Is.EqualTo(RefreshTokenOutcome.NotSent));

    [Test]
    [Description("RFC 6749 §7.1: a complete response that cannot be used")]
    public void An_unusable_response() =>
        Assert.That(RefreshTokenOutcomes.Of(new OAuthProtocolException("token_type"), Sent()), Is.EqualTo(RefreshTokenOutcome.OtherError));

    [TestCase(null)]
    [TestCase("invalid_grant")]
    [Description("RFC 6585 §4: the server rejected the request with 429 without processing it")]
    public void Rejected_unprocessed(string? error)
    {
        using HttpResponseMessage response = new(HttpStatusCode.TooManyRequests);
        var tracker = Sent();
        tracker.ResponseReceived(RejectionClassifier.IsThrottled(response.StatusCode));
        TokenEndpointException rejection = new(
            new("token endpoint", new("https://as.example/token"), response.StatusCode) { Error = error }
        );
        Assert.That(RefreshTokenOutcomes.Of(rejection, tracker), Is.EqualTo(RefreshTokenOutcome.NotSent));
        Assert.That(RefreshTokenOutcomes.Of(new HttpRequestException("refused"), tracker), Is.EqualTo(RefreshTokenOutcome.NotSent));
    }

    private static SendTracker Sent()
    {
        SendTracker tracker = new();
        tracker.MarkSending();
        return tracker;
    }
}
