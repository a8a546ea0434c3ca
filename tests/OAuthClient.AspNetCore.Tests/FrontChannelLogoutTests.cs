using System.Net;
using Microsoft.AspNetCore.Builder;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>The page that the server's logout page loads in a frame (OpenID Connect Front-Channel Logout §2).</summary>
public sealed class FrontChannelLogoutTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await OpenIdApp.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [Test]
    [Description(
        "Modules rp-frontchannel-…: with the user's issuer and session, the cookie and the grants are deleted; only pages of the server "
            + "may frame the response, and no cache stores it"
    )]
    public async Task Signed_out_in_this_browser()
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        var answer = await browser.GetAsync(Address(app.Server.Issuer.OriginalString, sid));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")), Is.Null);
        Assert.That(answer.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(
            answer.Header("Content-Security-Policy"),
            Is.EqualTo($"default-src 'none'; frame-ancestors {app.Server.Issuer.GetLeftPart(UriPartial.Authority)}")
        );
    }

    [TestCase("iss"), TestCase("sid"), TestCase("no iss"), TestCase("no sid"), TestCase("neither"), TestCase("twice")]
    [Description("Logout CSRF: any page can frame this; without the user's own session nothing ends")]
    public async Task Anybody_elses_frame_ends_nothing(string what)
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        string right = Address(app.Server.Issuer.OriginalString, sid);
        var answer = await browser.GetAsync(
            what switch
            {
                "iss" => Address("https://evil.example", sid),
                "sid" => Address(app.Server.Issuer.OriginalString, "another"),
                "no iss" => "/logout/front?sid=" + sid,
                "no sid" => right.Split('&')[0],
                "neither" => "/logout/front",
                _ => right + "&sid=" + sid,
            }
        );
        Assert.That((answer.Status, answer.Header("Cache-Control")), Is.EqualTo((HttpStatusCode.BadRequest, "no-store")));
        Assert.That(app.Logged, Has.Some.StartsWith("Front-channel logout for OAuth client 'photos' rejected. "));
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [
        TestCase("document", HttpStatusCode.BadRequest),
        TestCase("image", HttpStatusCode.BadRequest),
        TestCase("empty", HttpStatusCode.BadRequest)
    ]
    [TestCase("iframe", HttpStatusCode.OK), TestCase("frame", HttpStatusCode.OK)]
    [Description(
        "Logout CSRF: a browser that says what it loads the address for says a frame; a link or picture with the right session ends nothing"
    )]
    public async Task Only_in_a_frame(string destination, HttpStatusCode expected)
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        var answer = await browser.GetAsync(Address(app.Server.Issuer.OriginalString, sid), ("Sec-Fetch-Dest", destination));
        Assert.That(answer.Status, Is.EqualTo(expected));
        Assert.That(await browser.WhoAsync(), Is.EqualTo(expected == HttpStatusCode.OK ? "" : "alice"));
    }

    [TestCase("")]
    [TestCase("?sid=s1")]
    [Description("Logout CSRF: a link without issuer and session ends no connection of a user of the application's own")]
    public async Task A_link_ends_no_connection(string query)
    {
        var browser = app.OpenBrowser("local-user");
        await browser.ConnectAsync();
        Assert.That((await browser.GetAsync("/logout/front" + query)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")), Is.Not.Null);
    }

    [Test]
    [Description("Without a signed-in user, or without cookies in frames, the request has no effect and is no error")]
    public async Task Without_a_cookie()
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        Assert.That(
            (await app.OpenBrowser(user: null).GetAsync(Address(app.Server.Issuer.OriginalString, sid))).Status,
            Is.EqualTo(HttpStatusCode.OK)
        );
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("A user of the application's own who connected loses the connection of that session, and stays signed in here")]
    public async Task A_user_of_the_applications_own_stays()
    {
        var browser = app.OpenBrowser("local-user");
        await browser.ConnectAsync();
        string sid = (await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")))!.SessionId!;
        var answer = await browser.GetAsync(Address(app.Server.Issuer.OriginalString, sid));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        Assert.That(answer.Header("Set-Cookie"), Is.Null);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")), Is.Null);
    }

    [Test]
    [Description("An application's X-Frame-Options for all its pages would keep the server's page out")]
    public async Task The_applications_own_frame_options()
    {
        await using var strict = await OpenIdApp.StartAsync(pipeline: web =>
            web.Use(
                (context, next) =>
                {
                    context.Response.Headers.XFrameOptions = "DENY";
                    context.Response.Headers.ContentSecurityPolicy = "frame-ancestors 'none'";
                    return next(context);
                }
            )
        );
        var answer = await strict.OpenBrowser(user: null).GetAsync("/logout/front");
        Assert.That(answer.Header("X-Frame-Options"), Is.Null);
        Assert.That(answer.Header("Content-Security-Policy"), Does.Contain(strict.Server.Issuer.GetLeftPart(UriPartial.Authority)));
    }

    private async Task<string> LogInAsync(Browser browser)
    {
        await browser.LogInAsync();
        return (await app.Client("photos").FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")))!.SessionId!;
    }

    private static string Address(string issuer, string sid) =>
        $"/logout/front?iss={Uri.EscapeDataString(issuer)}&sid={Uri.EscapeDataString(sid)}";
}
