using System.Net;
using Microsoft.AspNetCore.Builder;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the page that the server's logout page loads in a frame (OpenID Connect Front-Channel Logout §2).</summary>
public sealed class FrontChannelLogoutTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() => OpenIdApp.StartAsync();

    [Test]
    [Description(
        "Conformance modules rp-frontchannel-…: a request with the user's issuer and session deletes the cookie and the grants; "
            + "only the server may frame the response, and it is not cached"
    )]
    public async Task Matching_issuer_and_session_end_the_sign_in()
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        var response = await browser.GetAsync(Address(app.Server.Issuer.OriginalString, sid));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.OK), response.Body);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")), Is.Null);
        Assert.That(response.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(
            response.Header("Content-Security-Policy"),
            Is.EqualTo($"default-src 'none'; frame-ancestors {app.Server.Issuer.GetLeftPart(UriPartial.Authority)}")
        );
    }

    [TestCase("another session"), TestCase("repeated sid")]
    [Description("Threat: logout CSRF. A request that does not name the user's session gets status 400 and ends no session")]
    public async Task Another_session_is_rejected(string variation)
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        string issuer = app.Server.Issuer.OriginalString;
        var response = await browser.GetAsync(
            variation == "another session" ? Address(issuer, "another") : Address(issuer, sid) + "&sid=" + sid
        );
        Assert.That((response.Status, response.Header("Cache-Control")), Is.EqualTo((HttpStatusCode.BadRequest, "no-store")));
        Assert.That(app.Logged, Has.Some.StartsWith("Front-channel logout for OAuth client 'photos' rejected. "));
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [
        TestCase("document", HttpStatusCode.BadRequest),
        TestCase("image", HttpStatusCode.BadRequest),
        TestCase("empty", HttpStatusCode.BadRequest)
    ]
    [TestCase("iframe", HttpStatusCode.OK), TestCase("frame", HttpStatusCode.OK)]
    [Description("Threat: logout CSRF. Sec-Fetch-Dest, if sent, must name a frame; a link or image with the right session ends no session")]
    public async Task Only_a_frame_ends_the_session(string destination, HttpStatusCode expected)
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        var response = await browser.GetAsync(Address(app.Server.Issuer.OriginalString, sid), ("Sec-Fetch-Dest", destination));
        Assert.That(response.Status, Is.EqualTo(expected));
        Assert.That(await browser.GetUserAsync(), Is.EqualTo(expected == HttpStatusCode.OK ? "" : "alice"));
    }

    [TestCase("")]
    [TestCase("?sid=s1")]
    [Description(
        "Threat: logout CSRF. A link without issuer or session does not delete the grant of a user of the application's own login"
    )]
    public async Task Link_without_issuer_or_session_keeps_the_grant(string query)
    {
        var browser = app.OpenBrowser("local-user");
        await browser.ConnectAsync();
        Assert.That((await browser.GetAsync("/logout/front" + query)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")), Is.Not.Null);
    }

    [Test]
    [Description("A request without the sign-in cookie gets status 200 and has no effect")]
    public async Task Request_without_a_cookie_has_no_effect()
    {
        var browser = app.OpenBrowser(user: null);
        string sid = await LogInAsync(browser);
        Assert.That(
            (await app.OpenBrowser(user: null).GetAsync(Address(app.Server.Issuer.OriginalString, sid))).Status,
            Is.EqualTo(HttpStatusCode.OK)
        );
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("A user of the application's own login loses the grant of that session and stays signed in at the application")]
    public async Task User_of_the_applications_own_login_stays_signed_in()
    {
        var browser = app.OpenBrowser("local-user");
        await browser.ConnectAsync();
        string sid = (await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")))!.SessionId!;
        var response = await browser.GetAsync(Address(app.Server.Issuer.OriginalString, sid));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.OK), response.Body);
        Assert.That(response.Header("Set-Cookie"), Is.Null);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")), Is.Null);
    }

    [Test]
    [Description("The endpoint replaces the application's X-Frame-Options and frame-ancestors, which would block the server's frame")]
    public async Task Frame_headers_of_the_application_are_replaced()
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
        var response = await strict.OpenBrowser(user: null).GetAsync("/logout/front");
        Assert.That(response.Header("X-Frame-Options"), Is.Null);
        Assert.That(response.Header("Content-Security-Policy"), Does.Contain(strict.Server.Issuer.GetLeftPart(UriPartial.Authority)));
    }

    private async Task<string> LogInAsync(Browser browser)
    {
        await browser.LogInAsync();
        return (await app.Client("photos").FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")))!.SessionId!;
    }

    private static string Address(string issuer, string sid) =>
        $"/logout/front?iss={Uri.EscapeDataString(issuer)}&sid={Uri.EscapeDataString(sid)}";
}
