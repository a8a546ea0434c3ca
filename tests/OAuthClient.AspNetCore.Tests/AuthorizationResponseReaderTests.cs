using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests which requests are accepted as a callback, which repeated parameters are refused, and that callbacks are not cached.
/// </summary>
public sealed class AuthorizationResponseReaderTests
{
    private static readonly string[] ResponseParameters = ["code", "state", "iss", "error"];

    [TestCaseSource(nameof(ResponseParameters))]
    [Description("RFC 6749 §3.1: a repeated query parameter, also percent-encoded, is refused without a token request")]
    public async Task Duplicate_query_parameter_is_refused(string name)
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        string duplicated = callback.Contains(name + "=", StringComparison.Ordinal)
            ? $"{callback}&{name}=x"
            : $"{callback}&{name}=x&{name}=x";
        (await browser.GetAsync(duplicated)).RequireException("OAuthProtocolException", $"'{name}' more than once");
        (
            await browser.GetAsync(duplicated.Replace($"&{name}=x", $"&%{(int)name[0]:x2}{name[1..]}=x", StringComparison.Ordinal))
        ).RequireException("OAuthProtocolException", $"'{name}' more than once");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCaseSource(nameof(ResponseParameters))]
    [Description("RFC 6749 §3.1: a repeated form parameter is refused without a token request")]
    public async Task Duplicate_form_parameter_is_refused(string name)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        (string, string)[] duplicated = fields.Any(field => field.Name == name)
            ? [.. fields, (name, "x")]
            : [.. fields, (name, "x"), (name, "x")];
        (await browser.PostFromAnotherSiteAsync("/callback", duplicated)).RequireException(
            "OAuthProtocolException",
            $"'{name}' more than once"
        );
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCaseSource(nameof(ResponseParameters))]
    [Description(
        "RFC 6749 §3.1: response parameters in both query and form are refused without a token request; either can be an attacker's"
    )]
    public async Task Parameters_in_query_and_form_are_refused(string name)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        (await browser.PostFromAnotherSiteAsync($"/callback?{name}=x", fields)).RequireException(
            "OAuthProtocolException",
            "in its form and in its query"
        );
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase("", false), TestCase("/mvc", false), TestCase("", true), TestCase("/mvc", true)]
    [Description(
        "Form Post Response Mode §2: a callback without the Lax session cookie is refused at an endpoint of the application, "
            + "because the users cannot be compared; the message names MapBrowserAuthorization, and no token request is sent"
    )]
    public async Task Form_post_without_the_session_cookie_is_refused(string prefix, bool isDenied)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var authorizationUri = await browser.BeginAsync(prefix, "/albums");
        Assert.That(authorizationUri.Query, Does.Contain("response_mode=form_post"));
        var fields = Fields(await browser.SignInAsync(authorizationUri, new() { Deny = isDenied }));
        var response = await browser.PostFromAnotherSiteAsync($"{prefix}/callback", fields);
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        string call = $"app.MapBrowserAuthorization(\"{(prefix.Length == 0 ? "photos" : "albums")}\")";
        Assert.That(response.Body, Does.StartWith("System.InvalidOperationException: ").And.Contains(call));
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "Form Post Response Mode §2: a callback with the session cookie (same site, or SameSite=None) completes at an endpoint "
            + "of the application"
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
    [Description("Form Post Response Mode §2: access_denied in a form is reported as a denial")]
    public async Task Form_post_denial_is_reported(string prefix)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix), new() { Deny = true });
        Assert.That((await browser.PostAsync($"{prefix}/callback", Fields(callback))).Body, Is.EqualTo("denied"));
    }

    [Test]
    [Description(
        "RFC 6749 §10.12 (login CSRF): a form with the attacker's state and code is refused in the victim's browser, with or "
            + "without a signed-in user; no token request is sent"
    )]
    public async Task Attackers_form_is_refused()
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var attacker = app.OpenBrowser("mallory");
        var fields = Fields(await attacker.SignInAsync(await attacker.BeginAsync()));
        var victim = app.OpenBrowser("victim");
        await victim.BeginAsync();
        (await victim.PostFromAnotherSiteAsync("/callback", fields)).RequireException(
            "OAuthProtocolException",
            "This browser has no pending authorization"
        );
        (await victim.PostAsync("/callback", fields)).RequireException(
            "OAuthProtocolException",
            "This browser has no pending authorization"
        );
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 9700 §4.7: a form_post callback is refused without a token request if another user is signed in than at begin")]
    public async Task Form_post_of_another_user_is_refused()
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser("alice");
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        browser.User = "mallory";
        (await browser.PostAsync("/callback", fields)).RequireException("OAuthProtocolException", "The signed-in user is not the user");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("For query callbacks the pending cookie is SameSite=Lax: it is not sent with a cross-site form, so the form is refused")]
    public async Task Cross_site_form_is_refused_in_query_mode()
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var fields = Fields(await browser.SignInAsync(await browser.BeginAsync()));
        (await browser.PostFromAnotherSiteAsync("/callback", fields)).RequireException(
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
    [Description("Form Post Response Mode §2: only a GET or the POST of a URL-encoded form is accepted as a callback")]
    public async Task Other_requests_are_refused(string method, string? contentType)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var content = contentType is null ? null : new ByteArrayContent(Encoding.ASCII.GetBytes(callback.Split('?')[1]));
        if (content is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType!);
        var response = await browser.SendAsync(new(method), "/callback", content, []);
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(method == "HEAD" || response.Body.Contains("is neither a GET nor the POST", StringComparison.Ordinal), response.Body);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase("many"), TestCase("long value"), TestCase("long name")]
    [Description(
        "The callback accepts anonymous requests: a form with too many fields or an oversized name or value is refused while it is read"
    )]
    public async Task Oversized_form_is_refused(string how)
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        (string, string)[] fields = how switch
        {
            "many" => [.. Enumerable.Range(0, 101).Select(i => ($"p{i}", "1"))],
            "long value" => [("state", new string('a', 64 * 1024 + 1))],
            _ => [(new string('a', 257), "1")],
        };
        (await app.OpenBrowser().PostAsync("/callback", fields)).RequireException("OAuthProtocolException", "too large or incomplete");
    }

    [TestCase("", "Development"), TestCase("/mvc", "Development"), TestCase("", "Production"), TestCase("/mvc", "Production")]
    [Description(
        "Threat: cached callback. Begin, completion, denial and error are no-store and no-referrer, even if an error page "
            + "clears the headers"
    )]
    public async Task Responses_are_not_cached(string prefix, string environment)
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
        var beginResponse = await browser.GetAsync($"{prefix}/connect");
        var callback = await browser.SignInAsync(new(beginResponse.Location!));
        var done = await browser.GetAsync(callback);
        var denied = await app.OpenBrowser().ConnectAsync(prefix, options: new() { Deny = true });
        var refused = await browser.GetAsync(callback);
        Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(denied.Body, Is.EqualTo("denied"));
        Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        foreach (var response in new[] { beginResponse, done, denied, refused })
        {
            Assert.That(response.Header("Cache-Control"), Is.EqualTo("no-store"));
            Assert.That(response.Header("Pragma"), Is.EqualTo("no-cache"));
            Assert.That(response.Header("Referrer-Policy"), Is.EqualTo("no-referrer"));
        }
    }

    [Test]
    [Description("The pending cookie is deleted even if the error page clears the response headers")]
    public async Task Error_page_does_not_keep_the_cookie()
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
        "Below a path base the full path of the redirect URI is compared, and the default return URL is the application's root, "
            + "not the host's"
    )]
    public async Task Path_base_is_part_of_the_redirect_path()
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
