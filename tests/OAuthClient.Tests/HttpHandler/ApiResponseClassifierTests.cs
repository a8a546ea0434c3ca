using System.Net;

namespace OAuthClient.Tests;

/// <summary>
/// Tests what an API's response asks the handler to do (RFC 6750 §3.1), from challenges as defined in RFC 9110 §11.6.1.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class ApiResponseClassifierTests
{
    private readonly ManualTimeProvider clock = new();

    [TestCase("Bearer", true)]
    [TestCase("bearer realm=\"x\"", true)]
    [TestCase("Bearer error=\"invalid_token\"", true)]
    [TestCase("Bearer error=invalid_token", true)]
    [TestCase("Bearer error = \"invalid_token\"", true)]
    [TestCase("Bearer ERROR=\"invalid_token\"", true)]
    [TestCase("Bearer realm=\"a, error=insufficient_scope\", error=\"invalid_token\"", true)]
    [TestCase("Bearer realm=\"a\\\", error=insufficient_scope\", error=\"invalid_token\"", true)]
    [TestCase("Bearer realm=\"a\\\\\", error=\"insufficient_scope\"", false)]
    [TestCase("Bearer realm=\"a, error=invalid_token\", error=\"insufficient_scope\"", false)]
    [TestCase("Bearer error_description=\"invalid_token\"", true)]
    [TestCase("Bearer xerror=\"insufficient_scope\"", true)]
    [TestCase("Bearer scope=\"a b\",error=\"insufficient_scope\"", false)]
    [TestCase("Bearer error=\"insufficient_scope\",error_description=\"x\"", false)]
    [TestCase("Bearer error=\"Invalid_Token\"", false)]
    [TestCase("Bearer error=\"invalid_token2\"", false)]
    [TestCase("Bearer error=\"\"", false)]
    [TestCase("Bearer =\"invalid_token\"", true)]
    [TestCase("Bearer error", true)]
    [TestCase("BearerX error=\"invalid_token\"", false)]
    [TestCase("Basic error=\"invalid_token\"", false)]
    [TestCase("", false)]
    public void One_challenge(string challenge, bool asksForToken)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        Assert.That(AsksForToken(response), Is.EqualTo(asksForToken));
    }

    [Test]
    public void One_of_several()
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation(
            "WWW-Authenticate",
            ["Negotiate", "Bearer error=\"insufficient_scope\"", "Bearer error=\"invalid_token\""]
        );
        Assert.That(AsksForToken(response));
    }

    [Test]
    public void No_challenge()
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        Assert.That(AsksForToken(response), Is.False);
    }

    [Test]
    [Description("RFC 6750 §3.1: another token does not help where the status is not 401, whatever the challenge says")]
    public void Another_status(
        [Values(HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.TooManyRequests, HttpStatusCode.InternalServerError)]
            HttpStatusCode status
    )
    {
        using HttpResponseMessage response = new(status);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        Assert.That(AsksForToken(response), Is.False);
    }

    [TestCase(false, 0, true)]
    [TestCase(true, 0, false)]
    [TestCase(true, 59, false)]
    [TestCase(true, 60, true)]
    [Description("A token that replaced a rejected one is replaced only after a minute")]
    public void A_replacement_that_is_rejected_as_well(bool replacesRejected, int secondsLater, bool asksForToken)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer");
        AccessToken token = new("at", clock.GetUtcNow(), expiresAt: null, [], []) { ReplacesRejected = replacesRejected };
        clock.Advance(TimeSpan.FromSeconds(secondsLater));
        Assert.That(AsksForToken(response, token), Is.EqualTo(asksForToken));
    }

    [TestCase(59, false)]
    [TestCase(60, true)]
    [Description("RFC 6750 §3: a 401 without a challenge replaces a token that is old enough")]
    public void No_challenge_and_an_old_token(int seconds, bool replaces)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        AccessToken token = new("at", clock.GetUtcNow() - TimeSpan.FromSeconds(seconds), expiresAt: null, [], []);

        Assert.That(
            new ApiResponseClassifier(clock).Classify(response, token),
            Is.EqualTo(replaces ? ApiResponseAction.ReplaceTokenWithinLimits : ApiResponseAction.Return)
        );
    }

    [TestCase("Bearer error=\"invalid_token\"", ApiResponseAction.ReplaceToken)]
    [TestCase("Basic realm=\"x\", Bearer error=\"invalid_token\", Bearer", ApiResponseAction.ReplaceToken)]
    [TestCase("Bearer", ApiResponseAction.ReplaceTokenWithinLimits)]
    [TestCase("Bearer realm=\"x\"", ApiResponseAction.ReplaceTokenWithinLimits)]
    [TestCase("Bearer error=\"insufficient_scope\"", ApiResponseAction.Return)]
    [Description("RFC 6750 §3: only the error invalid_token says that another token helps; without an error, replacements are limited")]
    public void The_error_decides_whether_replacements_are_limited(string challenge, object action)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        AccessToken token = new("at", clock.GetUtcNow(), expiresAt: null, [], []);

        Assert.That(new ApiResponseClassifier(clock).Classify(response, token), Is.EqualTo(action));
    }

    [TestCase("Basic realm=\"x\"")]
    [TestCase("Negotiate")]
    [TestCase("DPoP error=\"invalid_token\"")]
    [TestCase("")]
    [TestCase(",")]
    [Description("A stated challenge of another scheme, or a malformed one, does not ask for a token")]
    public void Another_challenge_does_not_replace_an_old_token(string challenge)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        AccessToken token = new("at", clock.GetUtcNow().AddHours(-1), expiresAt: null, [], []);

        Assert.That(new ApiResponseClassifier(clock).Classify(response, token), Is.EqualTo(ApiResponseAction.Return));
    }

    private bool AsksForToken(HttpResponseMessage response, AccessToken? token = null) =>
        new ApiResponseClassifier(clock).Classify(response, token ?? new("at", clock.GetUtcNow(), expiresAt: null, [], []))
        != ApiResponseAction.Return;
}
