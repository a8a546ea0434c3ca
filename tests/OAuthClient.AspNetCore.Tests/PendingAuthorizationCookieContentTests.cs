using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Net.Http.Headers;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the attributes, the content, the size and the eviction of the cookies of pending authorizations.</summary>
public sealed class PendingAuthorizationCookieContentTests
{
    private const int MaximumHeaderLength = 4096;

    [TestCase("", null, SameSiteMode.Lax), TestCase("/mvc", null, SameSiteMode.Lax), TestCase("", "query", SameSiteMode.Lax)]
    [TestCase("", "form_post", SameSiteMode.None), TestCase("/mvc", "form_post", SameSiteMode.None)]
    [TestCase("", "form_post.jwt", SameSiteMode.None), TestCase("", "query.jwt", SameSiteMode.Lax)]
    [Description(
        "RFC 6265bis §4.1.3.2 (cookie tossing): the cookie is __Host-, Secure, HttpOnly, Path=/, without Domain, and expires in "
            + "ten minutes; it is SameSite=None only for form_post and form_post.jwt"
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
        "RFC 9700 §4.7: the state and the other content of the cookie are protected and not readable, and cookie names are unique"
    )]
    public async Task Cookie_content_is_protected()
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
        "Threat: state flooding. 100 authorizations of one browser use less than 4 KB of cookies; the oldest is evicted first, "
            + "and at least six stay pending"
    )]
    public async Task Hundred_authorizations_stay_below_the_limit(string prefix)
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var authorizationUris = new List<Uri>();
        for (int i = 0; i < 100; i++)
        {
            authorizationUris.Add(await browser.BeginAsync(i % 2 == 0 ? prefix : "", $"/{i}"));
            Assert.That(browser.CookieHeader.Length, Is.LessThan(MaximumHeaderLength));
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }
        int kept = browser.Jar.Count;
        Assert.That(kept, Is.GreaterThanOrEqualTo(6));
        string evicted = await browser.SignInAsync(authorizationUris[99 - kept]);
        (await browser.GetAsync(evicted)).RequireException("OAuthProtocolException", "This browser has no pending authorization");
        for (int i = 100 - kept; i < 100; i++)
            Assert.That((await browser.GetAsync(await browser.SignInAsync(authorizationUris[i]))).Location, Is.EqualTo($"/{i}"));
    }

    [Test]
    [Description("The oldest authorization is evicted first, even if a newer cookie is larger")]
    public async Task Oldest_is_evicted_regardless_of_size()
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
    [Description(
        "Long return URLs and user ids reduce the number of cookies and do not exceed the limit; the newest authorization completes"
    )]
    public async Task Large_cookies_reduce_their_number()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser(new string('u', 300));
        Uri newest = null!;
        string returnUrl = "/" + new string('a', 511);
        for (int i = 0; i < 8; i++)
        {
            newest = await browser.BeginAsync(returnUrl: returnUrl);
            Assert.That(browser.CookieHeader.Length, Is.LessThan(MaximumHeaderLength));
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.That(browser.Jar, Has.Count.GreaterThan(1).And.Count.LessThan(4));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(newest))).Location, Is.EqualTo(returnUrl));
    }

    [Test]
    [Description("Content that exceeds the limit of a cookie throws at begin and not at the callback")]
    public async Task Oversized_cookie_fails_at_begin()
    {
        await using var app = await App.StartAsync();
        var response = await app.OpenBrowser(new string('u', 3000)).GetAsync("/connect");
        Assert.That(response.Body, Does.StartWith("System.InvalidOperationException: ").And.Contains("the limit is 3900"));
        Assert.That(response.Header("Set-Cookie"), Is.Null);
    }

    [Test]
    [Description("Begin deletes expired cookies that the browser still sends")]
    public async Task Expired_cookies_are_deleted()
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
        "Unreadable cookies may belong to another application on this host: they are kept while there is space, and evicted first"
    )]
    public async Task Unreadable_cookies_are_evicted_first()
    {
        await using var app = await App.StartAsync();
        await using var otherApp = await App.StartAsync();
        var browser = app.OpenBrowser();
        var otherBrowser = otherApp.OpenBrowser();
        var otherUri = await otherBrowser.BeginAsync();
        var otherCookie = otherBrowser.Jar.Single();
        browser.TakeCookiesOf(otherBrowser);

        await browser.BeginAsync();
        await browser.BeginAsync();
        Assert.That(browser.Jar.Select(cookie => cookie.Name), Does.Contain(otherCookie.Name));
        Assert.That((await otherBrowser.GetAsync(await otherBrowser.SignInAsync(otherUri))).Status, Is.EqualTo(HttpStatusCode.Found));

        string long500 = "/" + new string('a', 499);
        await browser.BeginAsync(returnUrl: long500);
        app.Time.Advance(TimeSpan.FromSeconds(1));
        var first = await browser.BeginAsync(returnUrl: "/first");
        await browser.BeginAsync(returnUrl: long500);
        Assert.That(browser.Jar.Select(cookie => cookie.Name), Does.Not.Contain(otherCookie.Name));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(first))).Location, Is.EqualTo("/first"));
    }

    [Test]
    [Description("Many junk cookies under this library's names do not block an authorization")]
    public async Task Junk_cookies_do_not_block_an_authorization()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        for (int i = 0; i < 20; i++)
            browser.Put($"__Host-oauth-junk{i}", new string('x', 500));
        Assert.That((await browser.ConnectAsync()).Status, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(browser.CookieHeader.Length, Is.LessThan(MaximumHeaderLength));
    }

    [Test]
    [Description("Only cookies of this library count towards the limit and are deleted")]
    public async Task Other_cookies_are_kept()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        browser.Put("session", new string('s', 3900));
        browser.Put("__Host-other", "1");
        await browser.ConnectAsync();
        Assert.That(browser.Jar.Select(cookie => cookie.Name.ToString()), Is.EquivalentTo(new[] { "session", "__Host-other" }));
    }

    [Test]
    [Description("The pending cookie is essential: a cookie consent policy blocks neither the cookie nor its deletion")]
    public async Task Consent_policy_does_not_block_an_authorization()
    {
        await using var app = await App.StartAsync(pipeline: web => web.UseCookiePolicy(new() { CheckConsentNeeded = _ => true }));
        var browser = app.OpenBrowser();
        Assert.That((await browser.ConnectAsync()).Status, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(browser.Jar, Is.Empty);
    }
}
