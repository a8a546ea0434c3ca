using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Net.Http.Headers;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>The cookies that pending authorizations travel in.</summary>
public sealed class PendingAuthorizationCookieContentTests
{
    private const int MostCharacters = 4096;

    [TestCase("", null, SameSiteMode.Lax), TestCase("/mvc", null, SameSiteMode.Lax), TestCase("", "query", SameSiteMode.Lax)]
    [TestCase("", "form_post", SameSiteMode.None), TestCase("/mvc", "form_post", SameSiteMode.None)]
    [Description(
        "Cookie tossing (RFC 6265bis §4.1.3.2): __Host-, Secure, HttpOnly, Path=/, no Domain; None only where a form of another site must "
            + "bring it; ten minutes"
    )]
    public async Task Cookie_is_bound_to_this_host(string prefix, string? responseMode, SameSiteMode sameSite)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = responseMode);
        var browser = app.OpenBrowser();
        await browser.BeginAsync(prefix);
        var cookie = browser.Jar.Single();
        Assert.That(cookie.Name.ToString(), Does.Match("^__Host-oauth-[A-Za-z0-9_-]{12}$"));
        Assert.That(cookie.Secure && cookie.HttpOnly);
        Assert.That(cookie.Path.ToString(), Is.EqualTo("/"));
        Assert.That(cookie.Domain.HasValue, Is.False);
        Assert.That(cookie.SameSite, Is.EqualTo(sameSite));
        Assert.That(cookie.MaxAge, Is.EqualTo(TimeSpan.FromMinutes(10)));
    }

    [Test]
    [Description(
        "RFC 9700 §4.7: the state and all else in it is protected; nothing of it can be read in the cookie, and no two names are the same"
    )]
    public async Task Cookie_tells_nothing()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser("alice@example.com");
        var authorizationUri = await browser.BeginAsync(returnUrl: "/secret-album");
        await browser.BeginAsync();
        Assert.That(browser.Jar.Select(cookie => cookie.Name).Distinct().Count(), Is.EqualTo(2));
        var value = browser.Jar.First().Value.ToString();
        string plain = value + System.Text.Encoding.Latin1.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(value));
        foreach (
            string secret in authorizationUri
                .Query[1..]
                .Split('&')
                .Select(part => part.Split('=')[1])
                .Where(part => part.Length > 8)
                .Append("alice@")
                .Append("secret-album")
        )
            Assert.That(plain, Does.Not.Contain(secret));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "State flooding: a browser that begins 100 logins, by both clients, keeps less than 4 KB of cookies; the oldest "
            + "is evicted first, and at least six wait"
    )]
    public async Task Hundred_logins_fit_into_the_jar(string prefix)
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var begun = new List<Uri>();
        for (int i = 0; i < 100; i++)
        {
            begun.Add(await browser.BeginAsync(i % 2 == 0 ? prefix : "", $"/{i}"));
            Assert.That(browser.CookieHeader.Length, Is.LessThan(MostCharacters));
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }
        int kept = browser.Jar.Count;
        Assert.That(kept, Is.GreaterThanOrEqualTo(6));
        string evicted = await browser.SignInAsync(begun[99 - kept]);
        (await browser.GetAsync(evicted)).RequireRefusal("OAuthProtocolException", "This browser has no pending authorization");
        for (int i = 100 - kept; i < 100; i++)
            Assert.That((await browser.GetAsync(await browser.SignInAsync(begun[i]))).Location, Is.EqualTo($"/{i}"));
    }

    [Test]
    [Description("The oldest login is evicted, also when a younger one is larger")]
    public async Task Oldest_is_evicted_whatever_its_size()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        await browser.BeginAsync();
        string oldest = browser.Jar.Single().Name.ToString();
        string large = "/" + new string('a', 511);
        for (int i = 0; i < 3; i++)
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
            await browser.BeginAsync(returnUrl: large);
        }
        Assert.That(browser.Jar.Select(cookie => cookie.Name.ToString()), Has.None.EqualTo(oldest));
    }

    [Test]
    [Description("Long return URLs and user ids make fewer cookies, never a larger jar, and the newest always completes")]
    public async Task Large_cookies_are_fewer()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser(new string('u', 300));
        Uri newest = null!;
        string returnUrl = "/" + new string('a', 511);
        for (int i = 0; i < 8; i++)
        {
            newest = await browser.BeginAsync(returnUrl: returnUrl);
            Assert.That(browser.CookieHeader.Length, Is.LessThan(MostCharacters));
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.That(browser.Jar, Has.Count.GreaterThan(1).And.Count.LessThan(4));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(newest))).Location, Is.EqualTo(returnUrl));
    }

    [Test]
    [Description("What no cookie can hold is said at begin, not found out at the callback")]
    public async Task Too_large_is_said_at_once()
    {
        await using var app = await App.StartAsync();
        var answer = await app.OpenBrowser(new string('u', 3000)).GetAsync("/connect");
        Assert.That(answer.Body, Does.StartWith("System.InvalidOperationException: ").And.Contains("the limit is 3500"));
        Assert.That(answer.Header("Set-Cookie"), Is.Null);
    }

    [Test]
    [Description("Expired cookies are cleared away at the next begin, though the browser kept them")]
    public async Task Expired_cookies_go()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        await browser.BeginAsync();
        string expired = browser.Jar.Single().Name.ToString();
        app.Time.Advance(TimeSpan.FromMinutes(5));
        await browser.BeginAsync();
        app.Time.Advance(TimeSpan.FromMinutes(5));
        await browser.BeginAsync();
        Assert.That(browser.Jar.Select(cookie => cookie.Name.ToString()), Has.Exactly(2).Items.And.None.EqualTo(expired));
    }

    [Test]
    [Description(
        "Cookies that cannot be read may be another application's on this host: they stay while there is room, and are the first to go"
    )]
    public async Task Unreadable_cookies_go_first_but_not_for_nothing()
    {
        await using var app = await App.StartAsync();
        await using var neighbour = await App.StartAsync();
        var browser = app.OpenBrowser();
        var elsewhere = neighbour.OpenBrowser();
        var theirs = await elsewhere.BeginAsync();
        var theirCookie = elsewhere.Jar.Single();
        browser.TakeCookiesOf(elsewhere);

        await browser.BeginAsync();
        await browser.BeginAsync();
        Assert.That(browser.Jar.Select(cookie => cookie.Name), Does.Contain(theirCookie.Name));
        Assert.That((await elsewhere.GetAsync(await elsewhere.SignInAsync(theirs))).Status, Is.EqualTo(HttpStatusCode.Found));

        string long500 = "/" + new string('a', 499);
        await browser.BeginAsync(returnUrl: long500);
        app.Time.Advance(TimeSpan.FromSeconds(1));
        var first = await browser.BeginAsync(returnUrl: "/first");
        await browser.BeginAsync(returnUrl: long500);
        Assert.That(browser.Jar.Select(cookie => cookie.Name), Does.Not.Contain(theirCookie.Name));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(first))).Location, Is.EqualTo("/first"));
    }

    [Test]
    [Description("A jar full of junk under our names does not stop a login")]
    public async Task Junk_does_not_stop_a_login()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        for (int i = 0; i < 20; i++)
            browser.Put($"__Host-oauth-junk{i}", new string('x', 500));
        Assert.That((await browser.ConnectAsync()).Status, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(browser.CookieHeader.Length, Is.LessThan(MostCharacters));
    }

    [Test]
    [Description("Only cookies of ours count and are cleared away")]
    public async Task Other_cookies_are_left_alone()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        browser.Put("session", new string('s', 3900));
        browser.Put("__Host-other", "1");
        await browser.ConnectAsync();
        Assert.That(browser.Jar.Select(cookie => cookie.Name.ToString()), Is.EquivalentTo(new[] { "session", "__Host-other" }));
    }

    [Test]
    [Description("A consent policy for cookies keeps back what is not essential; a login is, and its cookie still goes at the end")]
    public async Task Consent_policy_does_not_stop_a_login()
    {
        await using var app = await App.StartAsync(pipeline: web => web.UseCookiePolicy(new() { CheckConsentNeeded = _ => true }));
        var browser = app.OpenBrowser();
        Assert.That((await browser.ConnectAsync()).Status, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(browser.Jar, Is.Empty);
    }
}
