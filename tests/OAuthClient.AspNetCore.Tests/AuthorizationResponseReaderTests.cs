using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>The callback as a request: how it may come, what it may say twice, who may keep it.</summary>
public sealed class AuthorizationResponseReaderTests
{
    private static readonly string[] Twice = ["code", "state", "iss", "error"];

    [TestCaseSource(nameof(Twice))]
    [Description("RFC 6749 §3.1: a parameter twice in the query, the same or another value: 0 token requests")]
    public async Task Doubled_parameter_in_the_query_is_refused(string name)
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        string doubled = callback.Contains(name + "=", StringComparison.Ordinal) ? $"{callback}&{name}=x" : $"{callback}&{name}=x&{name}=x";
        (await browser.GetAsync(doubled)).RequireRefusal("OAuthProtocolException", $"'{name}' more than once");
        (
            await browser.GetAsync(doubled.Replace($"&{name}=x", $"&%{(int)name[0]:x2}{name[1..]}=x", StringComparison.Ordinal))
        ).RequireRefusal("OAuthProtocolException", $"'{name}' more than once");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCaseSource(nameof(Twice))]
    [Description("RFC 6749 §3.1: a parameter twice in the form: 0 token requests")]
    public async Task Doubled_parameter_in_the_form_is_refused(string name)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        (string, string)[] doubled = fields.Any(field => field.Name == name)
            ? [.. fields, (name, "x")]
            : [.. fields, (name, "x"), (name, "x")];
        (await browser.PostFromAnotherSiteAsync("/callback", doubled)).RequireRefusal("OAuthProtocolException", $"'{name}' more than once");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCaseSource(nameof(Twice))]
    [Description("RFC 6749 §3.1: by query and by form at once: 0 token requests, for either could be the attacker's")]
    public async Task Query_and_form_at_once_are_refused(string name)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        (await browser.PostFromAnotherSiteAsync($"/callback?{name}=x", fields)).RequireRefusal(
            "OAuthProtocolException",
            "in its form and in its query"
        );
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase("", false), TestCase("/mvc", false), TestCase("", true), TestCase("/mvc", true)]
    [Description(
        "Form Post Response Mode §2: without the Lax session cookie an endpoint of the application cannot compare users; "
            + "the sentence names MapBrowserAuthorization: 0 token requests"
    )]
    public async Task Form_post_without_the_session_cookie_is_refused(string prefix, bool isDenied)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var authorizationUri = await browser.BeginAsync(prefix, "/albums");
        Assert.That(authorizationUri.Query, Does.Contain("response_mode=form_post"));
        var fields = Fields(await browser.SignInAsync(authorizationUri, new() { Deny = isDenied }));
        var answer = await browser.PostFromAnotherSiteAsync($"{prefix}/callback", fields);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        string call = $"app.MapBrowserAuthorization(\"{(prefix.Length == 0 ? "photos" : "albums")}\")";
        Assert.That(answer.Body, Does.StartWith("System.InvalidOperationException: ").And.Contains(call));
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "Form Post Response Mode §2: with the session cookie (same site, or SameSite=None) an endpoint of the application "
            + "completes the callback"
    )]
    public async Task Form_post_with_the_session_cookie_completes(string prefix)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        string callback = await browser.SignInAsync(await browser.BeginAsync(prefix, "/albums"));
        var done = await browser.PostAsync($"{prefix}/callback", Fields(callback));
        Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found), done.Body);
        Assert.That(done.Location, Is.EqualTo("/albums"));
        Assert.That(browser.Jar, Is.Empty);
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain("alice"));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("Form Post Response Mode: denial arrives by form too")]
    public async Task Form_post_denial_is_told(string prefix)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix), new() { Deny = true });
        Assert.That((await browser.PostAsync($"{prefix}/callback", Fields(callback))).Body, Is.EqualTo("denied"));
    }

    [Test]
    [Description("Login CSRF by form: the attacker's form in the victim's browser, signed in or not: 0 token requests")]
    public async Task Attackers_form_is_refused()
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var attacker = app.OpenBrowser("mallory");
        var fields = Fields(await attacker.SignInAsync(await attacker.BeginAsync()));
        var victim = app.OpenBrowser("victim");
        await victim.BeginAsync();
        (await victim.PostFromAnotherSiteAsync("/callback", fields)).RequireRefusal(
            "OAuthProtocolException",
            "This browser has no pending authorization"
        );
        (await victim.PostAsync("/callback", fields)).RequireRefusal("OAuthProtocolException", "This browser has no pending authorization");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("With form_post, another signed-in user is still another user: 0 token requests")]
    public async Task Form_post_of_another_user_is_refused()
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser("alice");
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        browser.User = "mallory";
        (await browser.PostAsync("/callback", fields)).RequireRefusal("OAuthProtocolException", "The signed-in user is not the user");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A callback by query is not taken from a form of another site: its cookie is SameSite=Lax and stays away")]
    public async Task Query_registration_takes_no_form_from_another_site()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        (await browser.PostFromAnotherSiteAsync("/callback", fields)).RequireRefusal(
            "OAuthProtocolException",
            "This browser has no pending authorization"
        );
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [
        TestCase("PUT", "application/x-www-form-urlencoded"),
        TestCase("HEAD", null),
        TestCase("POST", null),
        TestCase("POST", "application/json"),
        TestCase("POST", "multipart/form-data; boundary=b")
    ]
    [Description("Form Post Response Mode §2: GET, or POST of a URL-encoded form; nothing else is read")]
    public async Task Other_requests_are_no_callback(string method, string? contentType)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var content = contentType is null ? null : new ByteArrayContent(Encoding.ASCII.GetBytes(callback.Split('?')[1]));
        if (content is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType!);
        var answer = await browser.SendAsync(new(method), "/callback", content, []);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(method == "HEAD" || answer.Body.Contains("is neither a GET nor the POST", StringComparison.Ordinal), answer.Body);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase("many"), TestCase("long value"), TestCase("long name")]
    [Description("The callback is open to everyone: a form larger than any server's is refused as it is read")]
    public async Task Oversized_form_is_refused(string how)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        (string, string)[] fields = how switch
        {
            "many" => [.. Enumerable.Range(0, 101).Select(i => ($"p{i}", "1"))],
            "long value" => [("state", new string('a', 64 * 1024 + 1))],
            _ => [(new string('a', 257), "1")],
        };
        (await app.OpenBrowser().PostAsync("/callback", fields)).RequireRefusal("OAuthProtocolException", "too large or incomplete");
    }

    [TestCase("", "Development"), TestCase("/mvc", "Development"), TestCase("", "Production"), TestCase("/mvc", "Production")]
    [Description(
        "Cached callback: no-store at begin, done, denial and error, whatever the error page clears; and no address of ours as a Referer"
    )]
    public async Task Nothing_is_kept_by_caches(string prefix, string environment)
    {
        await using var app = await App.StartAsync(
            environment: environment,
            pipeline: web =>
            {
                if (environment == "Production")
                    web.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")));
            }
        );
        var browser = app.OpenBrowser();
        var begun = await browser.GetAsync($"{prefix}/connect");
        var callback = await browser.SignInAsync(new(begun.Location!));
        var done = await browser.GetAsync(callback);
        var denied = await app.OpenBrowser().ConnectAsync(prefix, how: new() { Deny = true });
        var refused = await browser.GetAsync(callback);
        Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(denied.Body, Is.EqualTo("denied"));
        Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        foreach (var answer in new[] { begun, done, denied, refused })
        {
            Assert.That(answer.Header("Cache-Control"), Is.EqualTo("no-store"));
            Assert.That(answer.Header("Pragma"), Is.EqualTo("no-cache"));
            Assert.That(answer.Header("Referrer-Policy"), Is.EqualTo("no-referrer"));
        }
    }

    [Test]
    [Description("The error page clears headers, but not the order to forget the cookie")]
    public async Task Cookie_goes_in_spite_of_the_error_page()
    {
        await using var app = await App.StartAsync(
            environment: "Production",
            pipeline: web => web.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")))
        );
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        browser.User = "mallory";
        Assert.That((await browser.GetAsync(callback)).Body, Is.EqualTo("sorry"));
        Assert.That(browser.Jar, Is.Empty);
    }

    [Test]
    [Description(
        "An application below a path: the redirect URI's path is the whole one, and without a return URL the user comes to its root, not "
            + "the host's"
    )]
    public async Task Application_below_a_path()
    {
        await using var app = await App.StartAsync(
            o => o.RedirectUri = new(App.Public + "/below" + o.RedirectUri!.AbsolutePath),
            pipeline: web => web.UsePathBase("/below")
        );
        app.Server.AddClient(
            new()
            {
                ClientId = "photos",
                ClientSecret = "s",
                RedirectUris = { App.Public + "/below/callback" },
            }
        );
        var browser = app.OpenBrowser();
        Assert.That((await browser.ConnectAsync("/below")).Location, Is.EqualTo("/below/"));
    }

    private static (string Name, string Value)[] Fields(string callback) =>
        [.. callback.Split('?')[1].Split('&').Select(part => part.Split('=')).Select(part => (part[0], Uri.UnescapeDataString(part[1])))];
}
