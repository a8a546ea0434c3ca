using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Users sign out here and at the server, and come back (OpenID Connect RP-Initiated Logout), in minimal endpoints ("") and in a controller
/// ("/mvc").
/// </summary>
public sealed class SignOutTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await OpenIdApp.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "Module rp-init-logout: cookie and grants are gone here, the session at the server, and the browser is back where it wanted to be"
    )]
    public async Task Signed_out_everywhere(string prefix)
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync(prefix);
        var begun = await browser.PostAsync($"{prefix}/sign-out?returnUrl=/bye");
        Assert.That(begun.Status, Is.EqualTo(HttpStatusCode.SeeOther), begun.Body);
        Assert.That(await browser.WhoAsync(), Is.Empty);
        Assert.That(
            await app.Client(prefix.Length == 0 ? "photos" : "albums")
                .FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")),
            Is.Null
        );

        var back = await app.Server.SignOutAsync(new(begun.Location!), browser.ServerCookies);
        var done = await browser.GetAsync(back!.PathAndQuery);
        Assert.That(done.Location, Is.EqualTo("/bye"), done.Body);
        Assert.That(browser.Jar, Is.Empty);
        foreach (var answer in new[] { begun, done })
            Assert.That(answer.Header("Cache-Control"), Is.EqualTo("no-store"));
    }

    [Test]
    [Description("Module rp-init-logout-other-state: another state, none, or another browser is refused, and the true return still counts")]
    public async Task Another_state_is_refused()
    {
        var (browser, back) = await SignedOutAsync();
        string without = back.Split('?')[0];
        (await browser.GetAsync(without)).RequireRefusal("OAuthProtocolException", "lacks the state");
        (await browser.GetAsync(without + "?state=another")).RequireRefusal("OAuthProtocolException", "another state");
        (await app.OpenBrowser(user: null).GetAsync(back)).RequireRefusal("OAuthProtocolException", "This browser has no pending logout");
        Assert.That((await browser.GetAsync(back)).Location, Is.EqualTo("/"));
        (await browser.GetAsync(back)).RequireRefusal("OAuthProtocolException", "already completed");
    }

    [Test]
    [Description("Every changed character of the cookie makes it worthless")]
    public async Task Changed_cookie_is_ignored()
    {
        var (browser, back) = await SignedOutAsync();
        var cookie = browser.Jar.Single();
        string value = cookie.Value.ToString();
        Assert.That((cookie.Secure, cookie.HttpOnly, cookie.Path.ToString()), Is.EqualTo((true, true, "/")));
        browser.Put(cookie.Name.ToString(), (value[0] == 'A' ? 'B' : 'A') + value[1..]);
        (await browser.GetAsync(back)).RequireRefusal("OAuthProtocolException", "This browser has no pending logout");
    }

    [Test]
    [Description("Open redirect: after the logout too only a path of this site counts")]
    public async Task Nobody_is_sent_elsewhere()
    {
        var (browser, back) = await SignedOutAsync("?returnUrl=https://evil.example/");
        Assert.That((await browser.GetAsync(back)).Location, Is.EqualTo("/"));
    }

    [Test]
    [Description("A server without end_session_endpoint: signed out here, and at once where the user wanted to be")]
    public async Task Signed_out_here_only()
    {
        app.Server.Options.OnMetadata = metadata => metadata.Remove("end_session_endpoint");
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        Assert.That((await browser.PostAsync("/sign-out?returnUrl=/bye")).Location, Is.EqualTo("/bye"));
        Assert.That(browser.Jar, Is.Empty);
        Assert.That((await browser.PostAsync("/sign-out")).Location, Is.EqualTo("/"), "no error without a user");
    }

    [Test]
    [Description("One browser signs out, and the other stays: another session at the server")]
    public async Task The_other_browser_stays()
    {
        var laptop = app.OpenBrowser(user: null);
        var phone = app.OpenBrowser(user: null);
        await laptop.LogInAsync();
        await phone.LogInAsync();
        await laptop.PostAsync("/sign-out");
        Assert.That(await laptop.WhoAsync(), Is.Empty);
        Assert.That(await phone.WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("A stolen or kept cookie of a session that signed out is worth nothing")]
    public async Task A_kept_cookie_is_worth_nothing()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var thief = app.OpenBrowser(user: null);
        thief.TakeCookiesOf(browser);
        await browser.PostAsync("/sign-out");
        Assert.That(await thief.WhoAsync(), Is.Empty);
    }

    [TestCase(true), TestCase(false)]
    [Description(
        "Threat: a kept or copied session. It stays worthless when the user signs in anew, in the same session of the server's or where it "
            + "names none"
    )]
    public async Task A_kept_cookie_does_not_come_back(bool namesSessions)
    {
        if (!namesSessions)
            app.Server.Options.OnIdTokenClaims = claims => claims.Remove("sid");
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var thief = app.OpenBrowser(user: null);
        thief.TakeCookiesOf(browser);
        Assert.That(await thief.WhoAsync(), Is.EqualTo("alice"));
        await browser.PostAsync("/sign-out");
        // The server's own session goes on: the browser did not follow.
        await browser.LogInAsync();
        Assert.That(await thief.WhoAsync(), Is.Empty);
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("Where the server names no sessions, the other browser stays all the same")]
    public async Task The_other_browser_stays_without_sessions()
    {
        app.Server.Options.OnIdTokenClaims = claims => claims.Remove("sid");
        var laptop = app.OpenBrowser(user: null);
        var phone = app.OpenBrowser(user: null);
        await laptop.LogInAsync();
        await phone.LogInAsync();
        await laptop.PostAsync("/sign-out");
        Assert.That(await laptop.WhoAsync(), Is.Empty);
        Assert.That(await phone.WhoAsync(), Is.EqualTo("alice"));
        Assert.That(
            (await phone.GetAsync("/logout/front", ("Sec-Fetch-Dest", "iframe"))).Status,
            Is.EqualTo(HttpStatusCode.OK),
            "and the front channel may lack it"
        );
        Assert.That(await phone.WhoAsync(), Is.Empty);
    }

    [Test]
    [Description(
        "The store is away: the fault passes, and the user has left this browser all the same, though an error page clears the response"
    )]
    public async Task The_cookie_goes_while_the_store_is_away()
    {
        await using var away = await OpenIdApp.StartAsync(
            services: services => services.AddSingleton<IGrantStore, AbsentStore>(),
            pipeline: web =>
                web.Map(
                    "/planted",
                    planted =>
                        planted.Run(context =>
                            context.SignInAsync(
                                "Cookies",
                                new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "42"), new("sub", "alice")], "test"))
                            )
                        )
                )
        );
        var browser = away.OpenBrowser(user: null);
        await browser.GetAsync("/planted");
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
        var answer = await browser.PostAsync("/sign-out");
        Assert.That(answer.Body, Does.StartWith("System.IO.IOException"));
        Assert.That(browser.Jar, Is.Empty);
    }

    [Test]
    [Description("Secrets in logs: the redirect to the server, with ID Token and state, stands in no log line")]
    public async Task The_address_is_not_logged()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var begun = await browser.PostAsync("/sign-out");
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(begun.Location!).Query);
        foreach (string name in new[] { "id_token_hint", "state" })
            Assert.That(app.Logged.Where(line => line.Contains(query[name].ToString(), StringComparison.Ordinal)), Is.Empty, name);
    }

    private async Task<(Browser Browser, string Back)> SignedOutAsync(string query = "")
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var begun = await browser.PostAsync("/sign-out" + query);
        return (browser, (await app.Server.SignOutAsync(new(begun.Location!), browser.ServerCookies))!.PathAndQuery);
    }
}
