using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>A login from its beginning to its end, in minimal endpoints ("") and in a controller ("/mvc").</summary>
public sealed class LoginTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await App.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 6749 §4.1: begun and completed in two calls; then the API answers as the user")]
    public async Task Login_makes_the_API_work(string prefix)
    {
        var browser = app.OpenBrowser();
        var done = await browser.ConnectAsync(prefix, "/albums?page=2#top");
        Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found), done.Body);
        Assert.That(done.Location, Is.EqualTo("/albums?page=2#top"));
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain("alice"));
        Assert.That((await browser.GetAsync($"{prefix}/photos")).Body, Does.Contain("Dunes"));
        Assert.That(browser.Jar, Is.Empty, "the cookie has done its work");
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 6749 §4.1.2.1: access_denied is an answer, not a fault; the cookie goes")]
    public async Task Denial_is_told(string prefix)
    {
        var browser = app.OpenBrowser();
        var answer = await browser.ConnectAsync(prefix, how: new() { Deny = true });
        Assert.That(answer.Body, Is.EqualTo("denied"));
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 6749 §4.1.2.1: any other error is thrown, with the server's code; the cookie goes")]
    public async Task Other_errors_are_thrown(string prefix)
    {
        app.Server.Options.ScopesSupported.Remove("photos.read");
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix));
        (await browser.GetAsync(callback)).RequireRefusal("AuthorizationResponseException", "invalid_scope");
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("Two tabs do not disturb each other, in whatever order they finish")]
    public async Task Two_tabs_both_finish(string prefix)
    {
        var browser = app.OpenBrowser();
        var first = await browser.BeginAsync(prefix, "/first");
        var second = await browser.BeginAsync(prefix, "/second");
        Assert.That((await browser.GetAsync(await browser.SignInAsync(second))).Location, Is.EqualTo("/second"));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(first))).Location, Is.EqualTo("/first"));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 9700 §4.7: a callback counts once; Back and reload are refused without a token request")]
    public async Task Callback_again_is_refused(string prefix)
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix));
        Assert.That((await browser.GetAsync(callback)).Status, Is.EqualTo(HttpStatusCode.Found));
        (await browser.GetAsync(callback)).RequireRefusal("OAuthProtocolException", "already used");
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 9700 §4.7: the state is void after use even when the cookie was kept; 100 parallel callbacks make 1 exchange")]
    public async Task Hundred_parallel_callbacks_make_one_exchange(string prefix)
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix));
        var thieves = Enumerable
            .Range(0, 100)
            .Select(_ =>
            {
                var thief = app.OpenBrowser();
                thief.TakeCookiesOf(browser);
                return thief;
            })
            .ToArray();

        var answers = await Task.WhenAll(thieves.Select(thief => thief.GetAsync(callback)));
        Assert.That(answers.Count(answer => answer.Status == HttpStatusCode.Found), Is.EqualTo(1));
        foreach (var answer in answers.Where(answer => answer.Status != HttpStatusCode.Found))
            answer.RequireRefusal("OAuthProtocolException", "a state can be used once");
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("A pending authorization lives ten minutes, whatever the browser keeps")]
    public async Task Late_callback_is_refused(string prefix)
    {
        var browser = app.OpenBrowser();
        var authorizationUri = await browser.BeginAsync(prefix);
        app.Time.Advance(TimeSpan.FromMinutes(10));
        var callback = await browser.SignInAsync(authorizationUri);
        (await browser.GetAsync(callback)).RequireRefusal("OAuthProtocolException", "expired");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("The token endpoint's refusal is thrown, and the cookie goes")]
    public async Task Refused_code_is_thrown(string prefix)
    {
        app.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, """{"error":"invalid_grant"}"""));
        var browser = app.OpenBrowser();
        (await browser.ConnectAsync(prefix)).RequireRefusal("TokenEndpointException", "invalid_grant");
        Assert.That(browser.Jar, Is.Empty);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("BeginAsync throws without a signed-in user, and the message names the fix")]
    public async Task Begin_needs_a_user(string prefix)
    {
        var answer = await app.OpenBrowser(user: null).GetAsync($"{prefix}/connect");
        Assert.That(
            answer.Body,
            Does.StartWith("System.InvalidOperationException: No user is signed in").And.Contains("RequireAuthorization")
        );
        Assert.That(answer.Header("Set-Cookie"), Is.Null);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 9700 §4.12: from a posted form the browser goes on by GET, so 303")]
    public async Task Begin_by_post_redirects_with_303(string prefix)
    {
        var answer = await app.OpenBrowser().PostAsync($"{prefix}/connect");
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(answer.Location, Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "Secrets in logs: neither the state nor the code nor a token stands in what the application's own framework logs about these "
            + "requests, beyond the callback's own address"
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
