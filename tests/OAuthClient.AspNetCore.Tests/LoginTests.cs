using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests an authorization from begin to completion in minimal endpoints. What depends on the kind of endpoint, its results and its log, is
/// tested in a controller ("/mvc") as well.
/// </summary>
public sealed class LoginTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() => App.StartAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 6749 §4.1: after begin and completion the API responds for the user")]
    public async Task Authorization_gives_access_to_the_API(string prefix)
    {
        var browser = app.OpenBrowser();
        var done = await browser.ConnectAsync(prefix, "/albums?page=2#top");
        Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found), done.Body);
        Assert.That(done.Location, Is.EqualTo("/albums?page=2#top"));
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain("alice"));
        Assert.That((await browser.GetAsync($"{prefix}/photos")).Body, Does.Contain("Dunes"));
        Assert.That(browser.Jar, Is.Empty, "the pending cookie is deleted");
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: access_denied is reported as a result and not thrown; the cookie is deleted")]
    public async Task Denial_is_reported()
    {
        var browser = app.OpenBrowser();
        var response = await browser.ConnectAsync(options: new() { Deny = true });
        Assert.That(response.Body, Is.EqualTo("denied"));
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: any other error is thrown with the server's error code; the cookie is deleted")]
    public async Task Other_errors_are_thrown()
    {
        app.Server.Options.ScopesSupported.Remove("photos.read");
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        (await browser.GetAsync(callback)).RequireException("AuthorizationResponseException", "invalid_scope");
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Two pending authorizations of one browser complete in any order")]
    public async Task Two_tabs_both_complete()
    {
        var browser = app.OpenBrowser();
        var first = await browser.BeginAsync(returnUrl: "/first");
        var second = await browser.BeginAsync(returnUrl: "/second");
        Assert.That((await browser.GetAsync(await browser.SignInAsync(second))).Location, Is.EqualTo("/second"));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(first))).Location, Is.EqualTo("/first"));
    }

    [Test]
    [Description("RFC 9700 §4.7: a callback completes once; Back and reload are refused without a token request")]
    public async Task Repeated_callback_is_refused()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        Assert.That((await browser.GetAsync(callback)).Status, Is.EqualTo(HttpStatusCode.Found));
        (await browser.GetAsync(callback)).RequireException("OAuthProtocolException", "already used");
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 9700 §4.7: a used state is refused even if the cookie was copied; 100 parallel callbacks send one token request")]
    public async Task Hundred_parallel_callbacks_send_one_token_request()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var copies = Enumerable
            .Range(0, 100)
            .Select(_ =>
            {
                var copy = app.OpenBrowser();
                copy.TakeCookiesOf(browser);
                return copy;
            })
            .ToArray();

        var responses = await Task.WhenAll(copies.Select(copy => copy.GetAsync(callback)));
        Assert.That(responses.Count(response => response.Status == HttpStatusCode.Found), Is.EqualTo(1));
        foreach (var response in responses.Where(response => response.Status != HttpStatusCode.Found))
            response.RequireException("OAuthProtocolException", "a state can be used once");
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A pending authorization expires after ten minutes, even if the browser still sends the cookie")]
    public async Task Late_callback_is_refused()
    {
        var browser = app.OpenBrowser();
        var authorizationUri = await browser.BeginAsync();
        app.Time.Advance(TimeSpan.FromMinutes(10));
        var callback = await browser.SignInAsync(authorizationUri);
        (await browser.GetAsync(callback)).RequireException("OAuthProtocolException", "expired");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6749 §5.2: an error of the token endpoint is thrown, and the cookie is deleted")]
    public async Task Token_endpoint_error_is_thrown()
    {
        app.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, """{"error":"invalid_grant"}"""));
        var browser = app.OpenBrowser();
        (await browser.ConnectAsync()).RequireException("TokenEndpointException", "invalid_grant");
        Assert.That(browser.Jar, Is.Empty);
    }

    [Test]
    [Description("BeginAsync throws without a signed-in user, and the message names the fix")]
    public async Task Begin_requires_a_user()
    {
        var response = await app.OpenBrowser(user: null).GetAsync("/connect");
        Assert.That(
            response.Body,
            Does.StartWith("System.InvalidOperationException: No user is signed in").And.Contains("RequireAuthorization")
        );
        Assert.That(response.Header("Set-Cookie"), Is.Null);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 9700 §4.12: begin by POST redirects with 303, so that the browser continues with GET")]
    public async Task Begin_by_post_redirects_with_303(string prefix)
    {
        var response = await app.OpenBrowser().PostAsync($"{prefix}/connect");
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(response.Location, Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "Threat: secrets in logs. The log of the request that begins, including the framework's messages, does not contain the state"
    )]
    public async Task State_is_not_logged_by_the_redirect(string prefix)
    {
        var browser = app.OpenBrowser();
        var authorizationUri = await browser.BeginAsync(prefix);
        string state = authorizationUri.Query.Split('&').Single(part => part.StartsWith("state=", StringComparison.Ordinal))[6..];
        Assert.That(app.Logged, Is.Not.Empty);
        Assert.That(app.Logged.Where(line => line.Contains(state, StringComparison.Ordinal)), Is.Empty);
    }
}
