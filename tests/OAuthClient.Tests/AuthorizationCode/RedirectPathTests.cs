using static OAuthClient.Tests.ValidatedAuthorizationResponseTests;

namespace OAuthClient.Tests;

/// <summary>Tests the comparison of the path of a callback with that of the redirect URI (RFC 9700 §4.4.2.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedirectPathTests
{
    [TestCase("https://client.example.com/other?", false)]
    [TestCase("https://client.example.com/callback/?", false)]
    [TestCase("https://client.example.com/Callback?", false)]
    [TestCase("https://client.example.com/?", false)]
    [TestCase("https://client.example.com/callback?", true)]
    [TestCase("http://127.0.0.1:5000/callback?", true)]
    [TestCase("?", true)]
    [Description("RFC 9700 §4.4.2.2: a response at another path is rejected; scheme and host are not compared because of proxies")]
    public void The_path_must_equal_that_of_the_redirect_uri(string start, bool accepted)
    {
        var response = AuthorizationResponse.Parse($"{start}code=the-code&state={SampleAuthorization.State}");
        void Validate() => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), response);

        if (accepted)
            Assert.That(Validate, Throws.Nothing);
        else
            Assert.That(Validate, Rejection("another path", "RFC 9700 §4.4"));
    }

    [Test]
    [Description("RFC 9700 §4.4.2.2: a response or error without a path is rejected when only the path identifies the server")]
    public void A_response_without_a_required_path_is_rejected()
    {
        var pending = SampleAuthorization.Pending(requiresPath: true);
        KeyValuePair<string, string>[] form = [new("code", "the-code"), new("state", SampleAuthorization.State)];

        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(pending, Response(("code", "the-code"))),
            Rejection("does not name itself", "RFC 9700 §4.4", "whole address")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(pending, Response(("error", "access_denied"))),
            Rejection("whole address")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(pending, AuthorizationResponse.Parse(form, new Uri("/callback", UriKind.Relative))),
            Rejection("whole address")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    pending,
                    AuthorizationResponse.Parse(form, new Uri("https://client.example.com/other"))
                ),
            Rejection("another path")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(pending, AuthorizationResponse.Parse(form, new Uri(SampleConfiguration.Callback))),
            Throws.Nothing
        );
    }

    [Test]
    [Description("RFC 9700 §4.4.2.2: the path is validated before an error is reported")]
    public void The_path_is_validated_before_the_error() =>
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(),
                    AuthorizationResponse.Parse($"https://client.example.com/other?error=access_denied&state={SampleAuthorization.State}")
                ),
            Rejection("another path")
        );

    [TestCase("com.example.app:/oauth2redirect", "com.example.app:/oauth2redirect?code=c")]
    [TestCase("https://client.example.com", "https://client.example.com/?code=c")]
    [TestCase("https://client.example.com/a%20b?x=1", "https://client.example.com/a b?x=1&code=c")]
    [Description("RFC 8252 §7.1, RFC 6749 §3.1.2: redirect URIs with a private-use scheme, without a path or with a query")]
    public void The_path_of_any_redirect_uri_is_compared(string redirectUri, string callback) =>
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(redirectUri: redirectUri),
                    AuthorizationResponse.Parse(new Uri(callback))
                ),
            Throws.Nothing
        );
}
