using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests the sign-out at the application and at the server (OpenID Connect RP-Initiated Logout), in minimal endpoints ("") and in a
/// controller ("/mvc").
/// </summary>
public sealed class SignOutTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() => OpenIdApp.StartAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "Conformance module rp-init-logout: sign-out deletes the cookie and grants here, ends the session at the server and "
            + "returns to the return URL"
    )]
    public async Task Sign_out_ends_both_sessions(string prefix)
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync(prefix);
        var beginResponse = await browser.PostAsync($"{prefix}/sign-out?returnUrl=/after-sign-out");
        Assert.That(beginResponse.Status, Is.EqualTo(HttpStatusCode.SeeOther), beginResponse.Body);
        Assert.That(await browser.GetUserAsync(), Is.Empty);
        Assert.That(
            await app.Client(prefix.Length == 0 ? "photos" : "albums")
                .FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")),
            Is.Null
        );

        var back = await app.Server.SignOutAsync(new(beginResponse.Location!), browser.ServerCookies);
        var done = await browser.GetAsync(back!.PathAndQuery);
        Assert.That(done.Location, Is.EqualTo("/after-sign-out"), done.Body);
        Assert.That(browser.Jar, Is.Empty);
        foreach (var response in new[] { beginResponse, done })
            Assert.That(response.Header("Cache-Control"), Is.EqualTo("no-store"));
    }

    [Test]
    [Description(
        "Conformance module rp-init-logout-other-state: a return with another or no state, or in another browser, is refused; "
            + "the matching return still completes once"
    )]
    public async Task Another_state_is_refused()
    {
        var (browser, back) = await SignedOutAsync();
        string without = back.Split('?')[0];
        (await browser.GetAsync(without)).RequireException("OAuthProtocolException", "lacks the state");
        (await browser.GetAsync(without + "?state=another")).RequireException("OAuthProtocolException", "another state");
        (await app.OpenBrowser(user: null).GetAsync(back)).RequireException("OAuthProtocolException", "This browser has no pending logout");
        Assert.That((await browser.GetAsync(back)).Location, Is.EqualTo("/"));
        (await browser.GetAsync(back)).RequireException("OAuthProtocolException", "already completed");
    }

    [Test]
    [Description("A logout cookie with one changed character is ignored")]
    public async Task Modified_cookie_is_ignored()
    {
        var (browser, back) = await SignedOutAsync();
        var cookie = browser.Jar.Single();
        string value = cookie.Value.ToString();
        Assert.That((cookie.Secure, cookie.HttpOnly, cookie.Path.ToString()), Is.EqualTo((true, true, "/")));
        browser.Put(cookie.Name.ToString(), (value[0] == 'A' ? 'B' : 'A') + value[1..]);
        (await browser.GetAsync(back)).RequireException("OAuthProtocolException", "This browser has no pending logout");
    }

    [Test]
    [Description("RFC 9700 §4.11 (open redirect): after a logout only a path of this site is used as the return URL")]
    public async Task Return_url_of_another_site_is_ignored()
    {
        var (browser, back) = await SignedOutAsync("?returnUrl=https://evil.example/");
        Assert.That((await browser.GetAsync(back)).Location, Is.EqualTo("/"));
    }

    [Test]
    [Description("Without end_session_endpoint the sign-out is local and redirects directly to the return URL")]
    public async Task Sign_out_without_end_session_endpoint_is_local()
    {
        app.Server.Options.OnMetadata = metadata => metadata.Remove("end_session_endpoint");
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        Assert.That((await browser.PostAsync("/sign-out?returnUrl=/after-sign-out")).Location, Is.EqualTo("/after-sign-out"));
        Assert.That(browser.Jar, Is.Empty);
        Assert.That((await browser.PostAsync("/sign-out")).Location, Is.EqualTo("/"), "no error without a user");
    }

    [Test]
    [Description("A sign-out in one browser does not end the sign-in of another browser, which has another session at the server")]
    public async Task Other_browser_stays_signed_in()
    {
        var laptop = app.OpenBrowser(user: null);
        var phone = app.OpenBrowser(user: null);
        await laptop.LogInAsync();
        await phone.LogInAsync();
        await laptop.PostAsync("/sign-out");
        Assert.That(await laptop.GetUserAsync(), Is.Empty);
        Assert.That(await phone.GetUserAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("A copied cookie of a session that has signed out is rejected")]
    public async Task Copied_cookie_is_rejected_after_sign_out()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var copy = app.OpenBrowser(user: null);
        copy.TakeCookiesOf(browser);
        await browser.PostAsync("/sign-out");
        Assert.That(await copy.GetUserAsync(), Is.Empty);
    }

    [TestCase(true), TestCase(false)]
    [Description(
        "Threat: copied session cookie. It stays rejected after the user signs in again, in the same session of the server or "
            + "without a session id"
    )]
    public async Task Copied_cookie_stays_rejected_after_a_new_sign_in(bool namesSessions)
    {
        if (!namesSessions)
            app.Server.Options.OnIdTokenClaims = claims => claims.Remove("sid");
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var copy = app.OpenBrowser(user: null);
        copy.TakeCookiesOf(browser);
        Assert.That(await copy.GetUserAsync(), Is.EqualTo("alice"));
        await browser.PostAsync("/sign-out");
        // The server's session continues, because the browser did not follow the redirect.
        await browser.LogInAsync();
        Assert.That(await copy.GetUserAsync(), Is.Empty);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description(
        "Without a sid in the ID Token a sign-out in one browser does not end the sign-in of another; front-channel logout "
            + "without a sid does"
    )]
    public async Task Other_browser_stays_signed_in_without_session_ids()
    {
        app.Server.Options.OnIdTokenClaims = claims => claims.Remove("sid");
        var laptop = app.OpenBrowser(user: null);
        var phone = app.OpenBrowser(user: null);
        await laptop.LogInAsync();
        await phone.LogInAsync();
        await laptop.PostAsync("/sign-out");
        Assert.That(await laptop.GetUserAsync(), Is.Empty);
        Assert.That(await phone.GetUserAsync(), Is.EqualTo("alice"));
        Assert.That(
            (await phone.GetAsync("/logout/front", ("Sec-Fetch-Dest", "iframe"))).Status,
            Is.EqualTo(HttpStatusCode.OK),
            "a front-channel request may omit the sid"
        );
        Assert.That(await phone.GetUserAsync(), Is.Empty);
    }

    [Test]
    [Description(
        "If the store is unavailable its exception is rethrown, and the cookie is still deleted, even if an error page clears the response"
    )]
    public async Task Unavailable_store_does_not_keep_the_cookie()
    {
        await using var failing = await OpenIdApp.StartAsync(
            services: services => services.AddSingleton<IGrantStore, UnavailableStore>(),
            pipeline: web =>
                web.Map(
                    "/local-sign-in",
                    branch =>
                        branch.Run(context =>
                            context.SignInAsync(
                                "Cookies",
                                new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "42"), new("sub", "alice")], "test"))
                            )
                        )
                )
        );
        var browser = failing.OpenBrowser(user: null);
        await browser.GetAsync("/local-sign-in");
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
        var response = await browser.PostAsync("/sign-out");
        Assert.That(response.Body, Does.StartWith("System.IO.IOException"));
        Assert.That(browser.Jar, Is.Empty);
    }

    [Test]
    [Description("Threat: secrets in logs. The ID Token and state of the redirect to the server are in no log message")]
    public async Task Redirect_is_not_logged()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var beginResponse = await browser.PostAsync("/sign-out");
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(beginResponse.Location!).Query);
        foreach (string name in new[] { "id_token_hint", "state" })
            Assert.That(app.Logged.Where(line => line.Contains(query[name].ToString(), StringComparison.Ordinal)), Is.Empty, name);
    }

    private async Task<(Browser Browser, string Back)> SignedOutAsync(string query = "")
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var beginResponse = await browser.PostAsync("/sign-out" + query);
        return (browser, (await app.Server.SignOutAsync(new(beginResponse.Location!), browser.ServerCookies))!.PathAndQuery);
    }
}
