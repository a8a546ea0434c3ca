using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the sign-in at the server (OpenID Connect Core §3.1).</summary>
public sealed class SignInTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() => OpenIdApp.StartAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description("OpenID Connect Core §3.1: the user that the ID Token names is signed in and owns the grant that API requests use")]
    public async Task User_of_the_ID_Token_is_signed_in(string prefix)
    {
        var browser = app.OpenBrowser(user: null);
        Assert.That(await browser.GetUserAsync(), Is.Empty);
        var done = await browser.LogInAsync(prefix, "/albums?page=2");
        Assert.That(done.Location, Is.EqualTo("/albums?page=2"), done.Body);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain("alice"));
        Assert.That(
            browser.Jar.Select(cookie => cookie.Name.ToString()),
            Is.EqualTo(new[] { OpenIdApp.Session }),
            "the pending cookie is deleted"
        );
    }

    [Test]
    [Description(
        "Threat: one user's token for another. The owner consists of issuer and subject; the claims contain issuer, subject and session id"
    )]
    public async Task Owner_consists_of_issuer_and_subject()
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
    [Description("RFC 8259 §8.2: a name claim that is not a valid string does not prevent a sign-in")]
    public async Task Invalid_name_does_not_prevent_a_sign_in(string claims, string? name)
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

        var user = SignInUserFactory.Create(renamed, userInfo: null, new());

        Assert.That(user.Identity!.Name, Is.EqualTo(name));
        Assert.That(user.FindFirst("sub")!.Issuer, Is.EqualTo(app.Server.Issuer.OriginalString));
    }

    [Test]
    [Description("Threat: session fixation. A sign-in replaces a session cookie that an attacker set before it")]
    public async Task Session_cookie_is_replaced_at_sign_in()
    {
        app.Server.AddUser(new TestUser { Subject = "m", UserName = "mallory" });
        var attacker = app.OpenBrowser(user: null);
        await attacker.LogInAsync(options: new() { UserName = "mallory" });
        var victim = app.OpenBrowser(user: null);
        victim.TakeCookiesOf(attacker);
        string cookieBefore = victim.CookieHeader;

        await victim.LogInAsync();

        Assert.That(await victim.GetUserAsync(), Is.EqualTo("alice"));
        Assert.That(victim.CookieHeader, Is.Not.EqualTo(cookieBefore));
        Assert.That(await attacker.GetUserAsync(), Is.EqualTo("m"), "the attacker's own session is unchanged");
    }

    [Test]
    [Description(
        "RFC 6749 §10.12 (login CSRF): the attacker's valid callback in the victim's browser signs no user in and sends no token request"
    )]
    public async Task Attackers_callback_signs_no_user_in()
    {
        var attacker = app.OpenBrowser(user: null);
        var beginResponse = await attacker.GetAsync("/sign-in");
        string callback = await attacker.SignInAsync(new(beginResponse.Location!));
        var victim = app.OpenBrowser(user: null);
        (await victim.GetAsync(callback)).RequireException("OAuthProtocolException", "This browser has no pending authorization");
        Assert.That(await victim.GetUserAsync(), Is.Empty);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("The pending authorization determines whether a user connects or signs in: a callback of BeginAsync signs no user in")]
    public async Task Connecting_signs_no_user_in()
    {
        var browser = app.OpenBrowser("local-user");
        await browser.ConnectAsync();
        browser.User = null;
        Assert.That(await browser.GetUserAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("local-user")), Is.Not.Null);
    }

    [Test]
    [Description("A sign-in replaces the user who was signed in")]
    public async Task Sign_in_replaces_the_signed_in_user()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        app.Server.AddUser(new TestUser { Subject = "b", UserName = "bert" });
        var beginResponse = await browser.GetAsync("/sign-in");
        var callback = (
            await app.Server.SignInAsync(new(beginResponse.Location!), new() { UserName = "bert", Cookies = new CookieContainer() })
        ).PathAndQuery;
        await browser.GetAsync(callback);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("b"));
    }

    [Test]
    [Description("After a denied sign-in no user is signed in, and the application's denied page is shown")]
    public async Task Denied_sign_in_signs_no_user_in()
    {
        var browser = app.OpenBrowser(user: null);
        Assert.That((await browser.LogInAsync(options: new() { Deny = true })).Body, Is.EqualTo("denied"));
        Assert.That(await browser.GetUserAsync(), Is.Empty);
    }

    [Test]
    [Description("RFC 9700 §4.11 (open redirect): all responses are no-store, and a return URL of another site is ignored")]
    public async Task Responses_are_not_cached_and_the_return_url_is_local()
    {
        var browser = app.OpenBrowser(user: null);
        var beginResponse = await browser.GetAsync("/sign-in?returnUrl=//evil.example");
        var done = await browser.GetAsync(await browser.SignInAsync(new(beginResponse.Location!)));
        Assert.That(done.Location, Is.EqualTo("/"));
        foreach (var response in new[] { beginResponse, done })
            Assert.That(response.Header("Cache-Control"), Is.EqualTo("no-store"));
    }

    [Test]
    [Description(
        "OpenID Connect Core §3.1.2.1: without the openid scope the server does not name the user, so begin throws; the message "
            + "names the fix"
    )]
    public async Task Sign_in_requires_the_openid_scope()
    {
        await using var plain = await OpenIdApp.StartAsync(o => o.Scopes = ["photos.read"]);
        var response = await plain.OpenBrowser(user: null).GetAsync("/sign-in");
        Assert.That(response.Body, Does.StartWith("System.InvalidOperationException: ").And.Contains("Add openid to Scopes"));
    }

    [Test]
    [Description("Form Post Response Mode §2: a form_post callback from the server's site signs the user in")]
    public async Task Form_post_signs_the_user_in()
    {
        await using var posted = await OpenIdApp.StartAsync(o => o.ResponseMode = "form_post");
        var browser = posted.OpenBrowser(user: null);
        var beginResponse = await browser.GetAsync("/sign-in");
        string callback = await browser.SignInAsync(new(beginResponse.Location!));
        (string, string)[] fields =
        [
            .. callback.Split('?')[1].Split('&').Select(part => part.Split('=')).Select(part => (part[0], Uri.UnescapeDataString(part[1]))),
        ];
        await browser.PostFromAnotherSiteAsync("/callback", fields);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [TestCase("revoked"), TestCase("expired"), TestCase("lost")]
    [Description(
        "RejectEndedSignIns: the cookie is rejected and deleted after the grants are revoked, the sign-in has expired, or the "
            + "store has lost the grants"
    )]
    public async Task Cookie_is_rejected_after_the_sign_in_has_ended(string how)
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
            case "expired":
                app.Time.Advance(grant.SignInExpiresAt!.Value - app.Time.GetUtcNow());
                break;
            default:
                await app.Services.GetRequiredService<IGrantStore>().RemoveAsync(grant, default);
                break;
        }
        Assert.That(await browser.GetUserAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(cookie, Does.StartWith(OpenIdApp.Session + "="));
    }
}
