using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// A callback by form_post comes from another site, without the application's Lax cookie. It is posted once more from this site, so that
/// the user who began and the user who is signed in can be compared (RFC 9700 §4.7).
/// </summary>
public sealed partial class FormRepostTests
{
    private const string Heading = "One more step";
    private const string Refused = "This page has expired";

    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await MappedApp.StartAsync(o => o.ResponseMode = "form_post");

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [Test]
    [Description(
        "Form Post Response Mode §2: begun, posted by the server's site, posted once more by our page, completed for the "
            + "user who began"
    )]
    public async Task Callback_is_posted_once_more_and_completed()
    {
        var browser = app.OpenBrowser();
        var fields = await browser.AuthorizeAsync("/albums");
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        page.RequirePage(HttpStatusCode.OK, Heading);
        Assert.That(app.TokenRequests, Is.Zero);
        var again = MappedApp.FormOf(page);
        Assert.That(again, Is.SupersetOf(fields).And.Exactly(fields.Length + 1).Items);

        var done = await browser.PostAsync(MappedApp.Callback, again);
        Assert.That((done.Status, done.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/albums")), done.Body);
        Assert.That((await browser.GetAsync("/me")).Body, Does.Contain("alice"));
        Assert.That(browser.Jar.Select(cookie => cookie.Name.ToString()), Has.None.StartsWith("__Host-oauth-"));
        (await browser.PostAsync(MappedApp.Callback, again)).RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("The code never stands in an address: no Location, no query, and no log line holds it")]
    public async Task Code_never_enters_an_address()
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
        "Threat: form_post finished by another user of the same browser, or by no user: refused, nothing stored, 0 token "
            + "requests, and no third form"
    )]
    public async Task Another_user_does_not_complete(string? user)
    {
        var browser = app.OpenBrowser("victim");
        var fields = await browser.AuthorizeAsync();
        browser.User = user;
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        page.RequirePage(HttpStatusCode.OK, Heading);
        var again = MappedApp.FormOf(page);
        var answer = await browser.PostAsync(MappedApp.Callback, again);
        answer.RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.Zero);
        foreach (string owner in new[] { "victim", "mallory" })
            Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User(owner)), Is.Null);

        browser.User = "victim";
        (await browser.PostAsync(MappedApp.Callback, again)).RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.Zero, "found by its state, so it is used up");
    }

    [TestCase("victim"), TestCase("mallory")]
    [Description(
        "A user named by a request of another site, for example by a SameSite=None cookie, does not stand for the "
            + "session: posted once more and compared then"
    )]
    public async Task User_of_a_cross_site_request_is_not_compared(string user)
    {
        var browser = app.OpenBrowser("victim");
        var fields = await browser.AuthorizeAsync();
        browser.User = user;
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        var page = await browser.SendAsync(HttpMethod.Post, MappedApp.Callback, form, [("Sec-Fetch-Site", "cross-site")]);
        page.RequirePage(HttpStatusCode.OK, Heading);
        var answer = await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page));
        Assert.That(answer.Status, Is.EqualTo(user == "victim" ? HttpStatusCode.SeeOther : HttpStatusCode.BadRequest));
        Assert.That(app.TokenRequests, Is.EqualTo(user == "victim" ? 1 : 0));
    }

    [TestCase("same-origin"), TestCase("same-site"), TestCase(null)]
    [Description("A POST that brings the session cookie is completed at once, for the user who began only")]
    public async Task Post_with_the_session_is_completed_at_once(string? site)
    {
        foreach (string user in new[] { "victim", "mallory" })
        {
            var browser = app.OpenBrowser("victim");
            var fields = await browser.AuthorizeAsync();
            browser.User = user;
            using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
            var answer = await browser.SendAsync(HttpMethod.Post, MappedApp.Callback, form, site is null ? [] : [("Sec-Fetch-Site", site)]);
            Assert.That(answer.Status, Is.EqualTo(user == "victim" ? HttpStatusCode.SeeOther : HttpStatusCode.BadRequest), answer.Body);
        }
        Assert.That(app.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("The marker in the first POST does not replace the session: refused, 0 token requests")]
    public async Task Marker_of_the_other_site_completes_nothing()
    {
        var browser = app.OpenBrowser("victim");
        var fields = await browser.AuthorizeAsync();
        var marker = MappedApp.FormOf(await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields))[^1];
        (await browser.PostFromAnotherSiteAsync(MappedApp.Callback, [.. fields, marker])).RequirePage(HttpStatusCode.BadRequest, Refused);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Login CSRF: a form without a pending authorization of this browser is not posted once more, and nothing of it is shown")]
    public async Task Foreign_form_is_not_reflected()
    {
        var fields = await app.OpenBrowser("mallory").AuthorizeAsync();
        var answer = await app.OpenBrowser("victim").PostFromAnotherSiteAsync(MappedApp.Callback, [.. fields, ("extra", "shown?")]);
        answer.RequirePage(HttpStatusCode.BadRequest, Refused);
        foreach (var (_, value) in fields.Append(("extra", "shown?")))
            Assert.That(answer.Body, Does.Not.Contain(value));
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Cross-site scripting: names and values are encoded, and arrive unchanged")]
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
        Assert.That(Element().Count(page.Body), Is.EqualTo(1), page.Body);
        Assert.That(page.Body, Does.Not.Contain("alert(1)</script>").And.Not.Contain("onfocus=\""));
        Assert.That(page.Body.Split("<form"), Has.Length.EqualTo(2));
        Assert.That(MappedApp.FormOf(page), Is.SupersetOf(fields));
        Assert.That((await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page))).Status, Is.EqualTo(HttpStatusCode.SeeOther));
    }

    [Test]
    [Description(
        "The policy allows exactly the script of this page, by a nonce that no other page has; the form has a button for "
            + "browsers without script"
    )]
    public async Task Script_runs_by_a_nonce()
    {
        var browser = app.OpenBrowser();
        var fields = await browser.AuthorizeAsync();
        List<string> nonces = [];
        for (int i = 0; i < 2; i++)
        {
            var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
            string nonce = Element().Match(page.Body).Groups["nonce"].Value;
            string policy = page.Header("Content-Security-Policy")!;
            Assert.That(policy, Does.Contain($"script-src 'nonce-{nonce}'").And.Contain("base-uri 'none'").And.Not.Contain("unsafe"));
            Assert.That(Convert.FromBase64String(nonce), Has.Length.EqualTo(16));
            Assert.That(page.Body, Does.Contain("<button>Continue</button>"));
            nonces.Add(nonce);
        }
        Assert.That(nonces, Is.Unique);
    }

    [Test]
    [Description("A denied authorization is compared as well, and shown to the user who began")]
    public async Task Denial_is_posted_once_more()
    {
        var browser = app.OpenBrowser();
        var page = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, await browser.AuthorizeAsync(deny: true));
        (await browser.PostAsync(MappedApp.Callback, MappedApp.FormOf(page))).RequirePage(HttpStatusCode.OK, "Access was not granted");
    }

    [Test]
    [Description("A login names its user by the ID Token, so there is no user to compare: completed at once")]
    public async Task Login_needs_no_second_post()
    {
        var browser = app.OpenBrowser(user: null);
        var begun = await browser.GetAsync("/oauth/photos/sign-in?returnUrl=/albums");
        var fields = MappedApp.Fields(await browser.SignInAsync(new(begun.Location!)));
        var done = await browser.PostFromAnotherSiteAsync(MappedApp.Callback, fields);
        Assert.That((done.Status, done.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/albums")), done.Body);
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [GeneratedRegex("<script nonce=\"(?<nonce>[^\"]+)\">", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Element();
}
