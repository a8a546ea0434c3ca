using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests form_post callbacks. They come from another site, without the application's Lax cookie. A page of this site posts them again, so
/// that the user who began and the signed-in user can be compared (RFC 9700 §4.7).
/// </summary>
public sealed partial class FormRepostTests : AppTestBase
{
    private const string Heading = "One more step";
    private const string Refused = "This page has expired";

    private protected override Task<App> StartAppAsync() => MappedApp.StartAsync(o => o.ResponseMode = "form_post");

    [Test]
    [Description(
        "Form Post Response Mode §2: the server's cross-site form is posted again by a page of this site and completed for the "
            + "user who began"
    )]
    public async Task Callback_is_posted_again_and_completed()
    {
        var browser = app.OpenBrowser();
        var fields = await browser.AuthorizeAsync("/albums");
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        page.RequirePage(HttpStatusCode.OK, Heading);
        Assert.That(app.TokenRequests, Is.Zero);
        var repost = MappedApp.FormOf(page);
        Assert.That(repost, Is.SupersetOf(fields).And.Exactly(fields.Length + 1).Items);

        var done = await browser.PostAsync(MappedApp.Callback, repost);
        Assert.That((done.Status, done.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/albums")), done.Body);
        Assert.That((await browser.GetAsync("/me")).Body, Does.Contain("alice"));
        Assert.That(browser.Jar.Select(cookie => cookie.Name.ToString()), Has.None.StartsWith("__Host-oauth-"));
        (await browser.PostAsync(MappedApp.Callback, repost)).RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("The code is in no Location header, no query and no log message")]
    public async Task Code_is_in_no_URL_and_no_log()
    {
        var browser = app.OpenBrowser();
        var fields = await browser.AuthorizeAsync();
        string code = fields.Single(field => field.Name == "code").Value;
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        var done = await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page));
        Assert.That(page.Location, Is.Null);
        Assert.That(page.Body, Does.Not.Contain(" action=").And.Not.Contain("href=\"/"));
        Assert.That(done.Location, Does.Not.Contain(code));
        Assert.That(app.Logged.Where(line => line.Contains(code, StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("mallory"), TestCase(null)]
    [Description(
        "RFC 9700 §4.7: a form_post callback of another user or of no user is refused with 0 token requests, no stored grant "
            + "and no third form"
    )]
    public async Task Another_user_cannot_complete(string? user)
    {
        var browser = app.OpenBrowser("victim");
        var fields = await browser.AuthorizeAsync();
        browser.User = user;
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        page.RequirePage(HttpStatusCode.OK, Heading);
        var repost = MappedApp.FormOf(page);
        var response = await browser.PostAsync(MappedApp.Callback, repost);
        response.RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.Zero);
        foreach (string owner in new[] { "victim", "mallory" })
            Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User(owner)), Is.Null);

        browser.User = "victim";
        (await browser.PostAsync(MappedApp.Callback, repost)).RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.Zero, "the state was found, so it is consumed");
    }

    [TestCase("victim"), TestCase("mallory")]
    [Description(
        "The user of a cross-site request, for example from a SameSite=None cookie, is not compared; the form is posted again first"
    )]
    public async Task User_of_a_cross_site_request_is_not_compared(string user)
    {
        var browser = app.OpenBrowser("victim");
        var fields = await browser.AuthorizeAsync();
        browser.User = user;
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        var page = await browser.SendAsync(HttpMethod.Post, MappedApp.Callback, form, [("Sec-Fetch-Site", "cross-site")]);
        page.RequirePage(HttpStatusCode.OK, Heading);
        var response = await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page));
        Assert.That(response.Status, Is.EqualTo(user == "victim" ? HttpStatusCode.SeeOther : HttpStatusCode.BadRequest));
        Assert.That(app.TokenRequests, Is.EqualTo(user == "victim" ? 1 : 0));
    }

    [TestCase("same-origin"), TestCase("same-site"), TestCase(null)]
    [Description("A POST with the session cookie completes directly, but only for the user who began")]
    public async Task Post_with_the_session_completes_directly(string? site)
    {
        foreach (string user in new[] { "victim", "mallory" })
        {
            var browser = app.OpenBrowser("victim");
            var fields = await browser.AuthorizeAsync();
            browser.User = user;
            using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
            var response = await browser.SendAsync(
                HttpMethod.Post,
                MappedApp.Callback,
                form,
                site is null ? [] : [("Sec-Fetch-Site", site)]
            );
            Assert.That(response.Status, Is.EqualTo(user == "victim" ? HttpStatusCode.SeeOther : HttpStatusCode.BadRequest), response.Body);
        }
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A cross-site POST with the marker of the second POST but without the session is refused without a token request")]
    public async Task Marker_does_not_replace_the_session()
    {
        var browser = app.OpenBrowser("victim");
        var fields = await browser.AuthorizeAsync();
        var marker = MappedApp.FormOf(await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields))[^1];
        (await browser.PostFromAnotherSiteAsync(MappedApp.Callback, [.. fields, marker])).RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description(
        "RFC 6749 §10.12 (login CSRF): a form without a pending authorization of this browser is not posted again, and no value "
            + "of it is shown"
    )]
    public async Task Form_without_a_pending_authorization_is_not_reflected()
    {
        var fields = await app.OpenBrowser("mallory").AuthorizeAsync();
        var response = await app.OpenBrowser("victim").PostFromAnotherSiteAsync(MappedApp.Callback, [.. fields, ("extra", "shown?")]);
        response.RequirePage(HttpStatusCode.BadRequest, Refused);
        foreach (var (_, value) in fields.Append(("extra", "shown?")))
            Assert.That(response.Body, Does.Not.Contain(value));
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Threat: cross-site scripting. Names and values are HTML-encoded and posted unchanged")]
    public async Task Fields_are_encoded()
    {
        var browser = app.OpenBrowser();
        (string, string)[] hostile =
        [
            ("a", "\"><script>alert(1)</script>"),
            ("</form><form action='https://evil.example'>", "'&lt;&amp;"),
            ("submit", "x"),
            ("b", "é\u2028 日本\t"),
            ("\" autofocus onfocus=\"alert(1)", "${1}{{2}}"),
        ];
        (string, string)[] fields = [.. await browser.AuthorizeAsync(), .. hostile];
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        Assert.That(ScriptElement().Count(page.Body), Is.EqualTo(1), page.Body);
        Assert.That(page.Body, Does.Not.Contain("alert(1)</script>").And.Not.Contain("onfocus=\""));
        Assert.That(page.Body.Split("<form"), Has.Length.EqualTo(2));
        Assert.That(MappedApp.FormOf(page), Is.SupersetOf(fields));
        Assert.That((await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page))).Status, Is.EqualTo(HttpStatusCode.SeeOther));
    }

    [Test]
    [Description(
        "The Content-Security-Policy allows only the page's own script, by a nonce that is unique to the page; browsers without "
            + "script get a button"
    )]
    public async Task Script_requires_a_nonce()
    {
        var browser = app.OpenBrowser();
        var fields = await browser.AuthorizeAsync();
        List<string> nonces = [];
        for (int i = 0; i < 2; i++)
        {
            var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
            string nonce = ScriptElement().Match(page.Body).Groups["nonce"].Value;
            string policy = page.Header("Content-Security-Policy")!;
            Assert.That(policy, Does.Contain($"script-src 'nonce-{nonce}'").And.Contain("base-uri 'none'").And.Not.Contain("unsafe"));
            Assert.That(Convert.FromBase64String(nonce), Has.Length.EqualTo(16));
            Assert.That(page.Body, Does.Contain("<button>Continue</button>"));
            nonces.Add(nonce);
        }
        Assert.That(nonces, Is.Unique);
    }

    [Test]
    [Description("A denied authorization is posted again and compared as well, and shown to the user who began")]
    public async Task Denial_is_posted_again()
    {
        var browser = app.OpenBrowser();
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, await browser.AuthorizeAsync(deny: true));
        (await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page))).RequirePage(HttpStatusCode.OK, "Access was not granted");
    }

    [Test]
    [Description("A sign-in takes its user from the ID Token, so no user is compared and the first POST completes")]
    public async Task Sign_in_needs_no_second_post()
    {
        var browser = app.OpenBrowser(user: null);
        var beginResponse = await browser.GetAsync("/oauth/photos/sign-in?returnUrl=/albums");
        var fields = MappedApp.Fields(await browser.SignInAsync(new(beginResponse.Location!)));
        var done = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        Assert.That((done.Status, done.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/albums")), done.Body);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [GeneratedRegex("<script nonce=\"(?<nonce>[^\"]+)\">", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ScriptElement();
}
