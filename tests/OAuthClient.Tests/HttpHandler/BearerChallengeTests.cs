using System.Net;

namespace OAuthClient.Tests;

/// <summary>Tests parsing of Bearer challenges as defined in RFC 9110 §11.6.1.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BearerChallengeTests
{
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
    public void One_challenge(string challenge, bool invites)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        Assert.That(BearerChallenge.IndicatesInvalidToken(response), Is.EqualTo(invites));
    }

    [Test]
    public void One_of_several()
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation(
            "WWW-Authenticate",
            ["Negotiate", "Bearer error=\"insufficient_scope\"", "Bearer error=\"invalid_token\""]
        );
        Assert.That(BearerChallenge.IndicatesInvalidToken(response));
    }

    [Test]
    public void No_challenge()
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        Assert.That(BearerChallenge.IndicatesInvalidToken(response), Is.False);
    }
}
