using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Users sign in by the server (OpenID Connect Core §3.1), in minimal endpoints ("") and in a controller ("/mvc").</summary>
public sealed class SignInTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await OpenIdApp.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description("OpenID Connect Core §3.1: the user that the ID Token names is signed in, and owns the grant that API calls use")]
    public async Task Whom_the_server_names_is_signed_in(string prefix)
    {
        var browser = app.OpenBrowser(user: null);
        Assert.That(await browser.WhoAsync(), Is.Empty);
        var done = await browser.LogInAsync(prefix, "/albums?page=2");
        Assert.That(done.Location, Is.EqualTo("/albums?page=2"), done.Body);
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain("alice"));
        Assert.That(
            browser.Jar.Select(cookie => cookie.Name.ToString()),
            Is.EqualTo(new[] { OpenIdApp.Session }),
            "the pending cookie has done its work"
        );
    }

    [Test]
    [Description("Threat: one user's token to another. The owner is made of issuer and subject; the claims say whose words they are")]
    public async Task The_users_claims()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var owner = GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice");
        var grant = (await app.Client("photos").FindGrantAsync(owner))!;
        var claims = (await browser.GetAsync("/claims"))
            .Body.Split('\n')
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.That(
            (claims["iss"], claims["sub"], claims["sid"]),
            Is.EqualTo((app.Server.Issuer.OriginalString, "alice", grant.SessionId))
        );
        Assert.That(claims[System.Security.Claims.ClaimTypes.NameIdentifier], Is.EqualTo(owner.ToString()));
        Assert.That(grant.SessionId, Is.Not.Null);
    }

    [TestCase("""{"name":"\ud800","preferred_username":"al"}""", "al")]
    [TestCase("""{"name":"Alice"}""", "Alice")]
    [TestCase("""{"name":7}""", null)]
    [Description("RFC 8259 §8.2: a name that is no text does not keep its user from signing in")]
    public async Task A_name_that_is_none(string claims, string? name)
    {
        await app.OpenBrowser(user: null).LogInAsync();
        var grant = (await app.Client("photos").FindGrantAsync(GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice")))!;
        string payload = System.Buffers.Text.Base64Url.EncodeToString(
            System.Text.Encoding.UTF8.GetBytes($$"""{"iss":"{{app.Server.Issuer.OriginalString}}",{{claims[1..]}}""")
        );
        var renamed = Grant.Unprotect(
            grant.Protect(data =>
                System.Text.Encoding.UTF8.GetBytes(
                    System.Text.Encoding.UTF8.GetString(data).Replace(grant.IdToken!.Reveal(), $"e30.{payload}.", StringComparison.Ordinal)
                )
            ),
            data => data
        );

        var user = SignInSession.Create(renamed);

        Assert.That(user.Identity!.Name, Is.EqualTo(name));
        Assert.That(user.FindFirst("sub")!.Issuer, Is.EqualTo(app.Server.Issuer.OriginalString));
    }

    [Test]
    [Description("Session fixation: a cookie from before the sign-in is not valid after it")]
    public async Task A_planted_session_is_dead_after_login()
    {
        app.Server.AddUser(new TestUser { Subject = "m", UserName = "mallory" });
        var attacker = app.OpenBrowser(user: null);
        await attacker.LogInAsync(how: new() { UserName = "mallory" });
        var victim = app.OpenBrowser(user: null);
        victim.TakeCookiesOf(attacker);
        string planted = victim.CookieHeader;

        await victim.LogInAsync();

        Assert.That(await victim.WhoAsync(), Is.EqualTo("alice"));
        Assert.That(victim.CookieHeader, Is.Not.EqualTo(planted));
        Assert.That(await attacker.WhoAsync(), Is.EqualTo("m"), "the attacker is who they were, and not the victim");
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("Login CSRF: the attacker's valid callback in the victim's browser signs no user in, and sends no token request")]
    public async Task Attackers_callback_signs_nobody_in(string prefix)
    {
        var attacker = app.OpenBrowser(user: null);
        var begun = await attacker.GetAsync($"{prefix}/sign-in");
        string callback = await attacker.SignInAsync(new(begun.Location!));
        var victim = app.OpenBrowser(user: null);
        (await victim.GetAsync(callback)).RequireRefusal("OAuthProtocolException", "This browser has no pending authorization");
        Assert.That(await victim.WhoAsync(), Is.Empty);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("The pending authorization determines whether a user connects or signs in: a callback of BeginAsync signs no user in")]
    public async Task Connecting_signs_nobody_in()
    {
        var browser = app.OpenBrowser("local-user");
        await browser.ConnectAsync();
        browser.User = null;
        Assert.That(await browser.WhoAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")), Is.Not.Null);
    }

    [Test]
    [Description("A sign-in replaces the user who was signed in")]
    public async Task Another_user_takes_the_place()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        app.Server.AddUser(new TestUser { Subject = "b", UserName = "bert" });
        var begun = await browser.GetAsync("/sign-in");
        var callback = (
            await app.Server.SignInAsync(new(begun.Location!), new() { UserName = "bert", Cookies = new CookieContainer() })
        ).PathAndQuery;
        await browser.GetAsync(callback);
        Assert.That(await browser.WhoAsync(), Is.EqualTo("b"));
    }

    [Test]
    [Description("After a denied sign-in no user is signed in, and the page is shown")]
    public async Task Denied()
    {
        var browser = app.OpenBrowser(user: null);
        Assert.That((await browser.LogInAsync(how: new() { Deny = true })).Body, Is.EqualTo("denied"));
        Assert.That(await browser.WhoAsync(), Is.Empty);
    }

    [Test]
    [Description("Cached callback, open redirect: no-store from the beginning to the end, and a return to another site counts as none")]
    public async Task Nothing_is_cached_and_nobody_is_sent_elsewhere()
    {
        var browser = app.OpenBrowser(user: null);
        var begun = await browser.GetAsync("/sign-in?returnUrl=//evil.example");
        var done = await browser.GetAsync(await browser.SignInAsync(new(begun.Location!)));
        Assert.That(done.Location, Is.EqualTo("/"));
        foreach (var answer in new[] { begun, done })
            Assert.That(answer.Header("Cache-Control"), Is.EqualTo("no-store"));
    }

    [Test]
    [Description("Without openid the server does not say who signs in: refused at the beginning, with the sentence that helps")]
    public async Task Without_openid()
    {
        await using var plain = await OpenIdApp.StartAsync(o => o.Scopes = ["photos.read"]);
        var answer = await plain.OpenBrowser(user: null).GetAsync("/sign-in");
        Assert.That(answer.Body, Does.StartWith("System.InvalidOperationException: ").And.Contains("Add openid to Scopes"));
    }

    [Test]
    [Description("form_post (Form Post Response Mode §2): the callback comes from the server's site, and signs in")]
    public async Task By_form_post()
    {
        await using var posted = await OpenIdApp.StartAsync(o => o.ResponseMode = "form_post");
        var browser = posted.OpenBrowser(user: null);
        var begun = await browser.GetAsync("/sign-in");
        string callback = await browser.SignInAsync(new(begun.Location!));
        (string, string)[] fields =
        [
            .. callback.Split('?')[1].Split('&').Select(part => part.Split('=')).Select(part => (part[0], Uri.UnescapeDataString(part[1]))),
        ];
        await browser.PostFromAnotherSiteAsync("/callback", fields);
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [TestCase("revoked"), TestCase("over"), TestCase("lost")]
    [Description(
        "RejectEndedSignIns: once the grants are revoked, the sign-in's time is over, or the store has lost them, the cookie "
            + "is worth nothing, and goes"
    )]
    public async Task The_cookie_ends_with_the_sign_in(string how)
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var owner = GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice");
        var grant = (await app.Client("photos").FindGrantAsync(owner))!;
        string cookie = browser.CookieHeader;
        switch (how)
        {
            case "revoked":
                await app.Client("photos").RevokeAsync(owner);
                break;
            case "over":
                app.Time.Advance(grant.SignInExpiresAt!.Value - app.Time.GetUtcNow());
                break;
            default:
                await app.Services.GetRequiredService<IGrantStore>().RemoveAsync(grant, default);
                break;
        }
        Assert.That(await browser.WhoAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(cookie, Does.StartWith(OpenIdApp.Session + "="));
    }
}
