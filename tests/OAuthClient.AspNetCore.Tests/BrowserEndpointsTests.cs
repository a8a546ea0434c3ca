using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the endpoints and pages of MapBrowserAuthorization.</summary>
public sealed class BrowserEndpointsTests
{
    private const string SignIn = "/oauth/photos/sign-in";
    private const string SignOut = "/oauth/photos/sign-out";

    [TestCase("/oauth/photos/connect")]
    [TestCase("/oauth/photos/sign-out")]
    [Description(
        "Threat: expensive anonymous requests. A multipart form, whose default limits are made for uploads, is refused before it is read"
    )]
    public async Task Multipart_form_is_refused(string path)
    {
        await using var app = await MappedApp.StartAsync();
        using MultipartFormDataContent form = new() { { new StringContent("/"), "returnUrl" } };
        var response = await app.OpenBrowser("alice").SendAsync(HttpMethod.Post, path, form, []);
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    [Description(
        "RFC 6749 §4.1: a form of the application begins the authorization, the callback completes it, and the API responds for the user"
    )]
    public async Task Connect_and_callback_complete()
    {
        await using var app = await MappedApp.StartAsync();
        var browser = app.OpenBrowser();
        var done = await browser.GetAsync(Address(await browser.AuthorizeAsync("/albums?page=2#top")));
        Assert.That((done.Status, done.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/albums?page=2#top")), done.Body);
        Assert.That(done.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That((await browser.GetAsync("/me")).Body, Does.Contain("alice"));
    }

    [Test]
    [Description(
        "OpenID Connect Core §3.1, RP-Initiated Logout §2: the user signs in with the default scheme and signs out here and at "
            + "the server; the signed-out page is shown"
    )]
    public async Task Sign_in_and_sign_out_complete()
    {
        await using var app = await MappedApp.StartAsync();
        var browser = app.OpenBrowser(user: null);
        var beginResponse = await browser.GetAsync(SignIn + "?ReturnUrl=%2Falbums");
        var done = await browser.GetAsync(await browser.SignInAsync(new(beginResponse.Location!)));
        Assert.That((done.Status, done.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/albums")), done.Body);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));

        var signOut = await browser.PostFormAsync(SignOut);
        Assert.That(signOut.Location, Does.StartWith(app.Server.Issuer.OriginalString), signOut.Body);
        Assert.That(await browser.GetUserAsync(), Is.Empty);
        string back = (await app.Server.SignOutAsync(new(signOut.Location!), browser.ServerCookies))!.PathAndQuery;
        Assert.That((await browser.GetAsync(back)).Location, Is.EqualTo(MappedApp.SignedOut));
        (await browser.GetAsync(MappedApp.SignedOut)).RequirePage(HttpStatusCode.OK, "You are signed out");
        (await browser.GetAsync(back)).RequirePage(HttpStatusCode.OK, "You are signed out");
    }

    [TestCase(MappedApp.Connect), TestCase(SignOut)]
    [Description(
        "RFC 6749 §10.12 (CSRF): connect and sign-out require a POST with an antiforgery token; other requests get 400 or 405 "
            + "and set no cookie"
    )]
    public async Task Posts_require_an_antiforgery_token(string path)
    {
        await using var app = await MappedApp.StartAsync();
        var browser = app.OpenBrowser();
        string token = (await app.OpenBrowser("mallory").GetAsync("/token")).Body;
        Assert.That((await browser.GetAsync(path)).Status, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        foreach (
            var response in new[]
            {
                await browser.PostAsync(path),
                await browser.PostAsync(path, ("__RequestVerificationToken", token)),
                await browser.PostFromAnotherSiteAsync(path),
                await browser.SendAsync(HttpMethod.Post, path, null, []),
            }
        )
        {
            response.RequirePage(HttpStatusCode.BadRequest, "This page has expired");
            Assert.That(response.Header("Set-Cookie"), Is.Null);
        }
        Assert.That(app.Logged, Has.Some.Contains($"Form for {path} of OAuth client 'photos' rejected"));
    }

    [Test]
    [Description(
        "Without a signed-in user connect redirects to the application's login, which returns to the page and not to the POST endpoint"
    )]
    public async Task Connect_without_a_user_redirects_to_the_login()
    {
        await using var app = await MappedApp.StartAsync();
        var response = await app.OpenBrowser(user: null).PostFormAsync(MappedApp.Connect, ("returnUrl", "/albums"));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.Found), response.Body);
        Assert.That(new Uri(response.Location!).PathAndQuery, Is.EqualTo("/log-in?ReturnUrl=%2Falbums"));
    }

    [Test]
    [Description(
        "Without AllowSignIn sign-in gets 404, so that users of another server cannot sign in to an application with its own "
            + "login; the log names the option"
    )]
    public async Task Sign_in_requires_AllowSignIn()
    {
        await using var app = await MappedApp.StartAsync(paths: o => o.AllowSignIn = false);
        var response = await app.OpenBrowser(user: null).GetAsync(SignIn);
        Assert.That((response.Status, response.Header("Set-Cookie")), Is.EqualTo((HttpStatusCode.NotFound, (string?)null)));
        Assert.That(app.Logged, Has.Some.Contains("Sign-in for OAuth client 'photos' rejected").And.Some.Contains("AllowSignIn"));
        Assert.That(app.Server.Requests, Is.Empty);
    }

    [Test]
    [Description("Without an authentication scheme the exception names the call to add")]
    public async Task Missing_authentication_scheme_throws()
    {
        await using var app = await MappedApp.StartAsync(hasScheme: false);
        const string exception = "System.InvalidOperationException: ";
        var visitor = app.OpenBrowser(user: null);
        Assert.That((await visitor.GetAsync(SignIn)).Body, Does.StartWith(exception).And.Contains("AddCookie"));
        Assert.That((await visitor.PostFormAsync(MappedApp.Connect)).Body, Does.StartWith(exception).And.Contains("RequireAuthorization"));
    }

    [TestCase("//evil.example"), TestCase("https://evil.example/"), TestCase("/\\evil.example"), TestCase("javascript:alert(1)")]
    [TestCase("/%5cevil.example")]
    [Description("RFC 9700 §4.11 (open redirect): every endpoint that accepts a return URL ignores one of another site")]
    public async Task Return_url_of_another_site_is_ignored(string returnUrl)
    {
        await using var app = await MappedApp.StartAsync();
        var browser = app.OpenBrowser();
        Assert.That((await browser.GetAsync(Address(await browser.AuthorizeAsync(returnUrl)))).Location, Is.EqualTo("/"));
        var visitor = app.OpenBrowser(user: null);
        var beginResponse = await visitor.GetAsync($"{SignIn}?returnUrl={Uri.EscapeDataString(returnUrl)}");
        Assert.That((await visitor.GetAsync(await visitor.SignInAsync(new(beginResponse.Location!)))).Location, Is.EqualTo("/"));
        var signOut = await visitor.PostFormAsync(SignOut, ("returnUrl", returnUrl));
        var back = await app.Server.SignOutAsync(new(signOut.Location!), visitor.ServerCookies);
        Assert.That((await visitor.GetAsync(back!.PathAndQuery)).Location, Is.EqualTo(MappedApp.SignedOut));
        var anonymous = await app.OpenBrowser(user: null).PostFormAsync(MappedApp.Connect, ("returnUrl", returnUrl));
        Assert.That(new Uri(anonymous.Location!).PathAndQuery, Is.EqualTo("/log-in?ReturnUrl=%2F"));
    }

    [Test]
    [Description(
        "RFC 6749 §4.1.2.1 (access_denied), RFC 9700 §4.7 (replay), RFC 6749 §5.2 (error): each has its own page without exception details"
    )]
    public async Task Pages_for_denial_replay_and_errors()
    {
        await using var app = await MappedApp.StartAsync();
        var browser = app.OpenBrowser();
        var denied = await browser.GetAsync(Address(await browser.AuthorizeAsync("/albums?a=1&b=2", deny: true)));
        denied.RequirePage(HttpStatusCode.OK, "Access was not granted");
        Assert.That(denied.Body, Does.Contain("<a href=\"/albums?a=1&amp;b=2\">"));

        string callback = Address(await browser.AuthorizeAsync());
        await browser.GetAsync(callback);
        (await browser.GetAsync(callback)).RequirePage(HttpStatusCode.BadRequest, "This page has expired");
        (await browser.GetAsync(MappedApp.Callback)).RequirePage(HttpStatusCode.BadRequest, "This page has expired");

        const string error = """{"error":"invalid_grant","error_description":"details for operators"}""";
        app.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, error));
        var refused = await browser.GetAsync(Address(await browser.AuthorizeAsync()));
        refused.RequirePage(HttpStatusCode.BadGateway, "Something went wrong");
        Assert.That(refused.Body, Does.Not.Contain("details for operators").And.Not.Contain("invalid_grant"));
        Assert.That(app.Logged, Has.Some.Contains("Callback for OAuth client 'photos' rejected").And.Some.Contains("invalid_grant"));

        (await browser.GetAsync(MappedApp.Callback + "?state=1&state=2")).RequirePage(HttpStatusCode.BadRequest, "Something went wrong");
    }

    [Test]
    [Description("A path replaces each page. The browser is redirected with 303, so that the code is not in the final address")]
    public async Task Pages_are_replaced_by_paths()
    {
        await using var app = await MappedApp.StartAsync(paths: o =>
            (o.DeniedPagePath, o.ExpiredPagePath, o.ErrorPagePath, o.SignedOutPagePath) = ("/denied", "/expired", "/error", "/ended")
        );
        var browser = app.OpenBrowser();
        Assert.That((await browser.GetAsync(Address(await browser.AuthorizeAsync(deny: true)))).Location, Is.EqualTo("/denied"));
        Assert.That((await browser.GetAsync(MappedApp.Callback)).Location, Is.EqualTo("/expired"));
        Assert.That((await browser.GetAsync(MappedApp.Callback + "?state=1&state=2")).Location, Is.EqualTo("/error"));
        var signedOut = await browser.GetAsync(MappedApp.SignedOut);
        Assert.That((signedOut.Status, signedOut.Location), Is.EqualTo((HttpStatusCode.SeeOther, "/ended")));
    }

    [Test]
    [Description("CreatePage replaces pages and receives the kind, client, return URL and exception; null selects the library's page")]
    public async Task Pages_are_replaced_by_a_function()
    {
        await using var app = await MappedApp.StartAsync(paths: o =>
            o.CreatePage = page =>
                page.Kind == BrowserAuthorizationPageKind.SignedOut
                    ? null
                    : Results.Text(
                        string.Join(
                            ' ',
                            page.Kind,
                            page.ClientName,
                            page.ReturnUrl,
                            page.Exception?.GetType().Name,
                            page.HttpContext.Request.Path
                        )
                    )
        );
        var browser = app.OpenBrowser();
        var denied = await browser.GetAsync(Address(await browser.AuthorizeAsync("/albums", deny: true)));
        Assert.That((denied.Status, denied.Body), Is.EqualTo((HttpStatusCode.OK, "Denied photos /albums  /mapped/callback")));
        var expired = await browser.GetAsync(MappedApp.Callback);
        Assert.That((expired.Status, expired.Body), Is.EqualTo((HttpStatusCode.BadRequest, "Expired photos /  /mapped/callback")));
        var error = await browser.GetAsync(MappedApp.Callback + "?state=1&state=2");
        Assert.That(error.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(error.Body, Is.EqualTo("Error photos / OAuthProtocolException /mapped/callback"));
        (await browser.GetAsync(MappedApp.SignedOut)).RequirePage(HttpStatusCode.OK, "You are signed out");
    }

    [Test]
    [Description("Each path can be changed, and an application below a path base sets its CallbackPath")]
    public async Task Paths_can_be_changed()
    {
        await using var app = await MappedApp.StartAsync(
            o => o.RedirectUri = new(App.Public + "/below" + MappedApp.Callback),
            o =>
            {
                (o.ConnectPath, o.SignInPath, o.SignOutPath) = ("/a", "/b", "/c");
                (o.CallbackPath, o.SignedOutPath) = (MappedApp.Callback, "/e");
            },
            pipeline: web => web.UsePathBase("/below")
        );
        var browser = app.OpenBrowser();
        var beginResponse = await browser.PostFormAsync("/below/a");
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(beginResponse.Location!)))).Location, Is.EqualTo("/below/"));
        Assert.That((await browser.GetAsync("/below/b")).Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await app.OpenBrowser(user: null).PostFormAsync("/below/c")).Location, Is.EqualTo("/below/e"));
        (await browser.GetAsync("/below/e")).RequirePage(HttpStatusCode.OK, "You are signed out");
        Assert.That((await browser.GetAsync("/below" + SignIn)).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    [Description("A convention applies to every mapped endpoint")]
    public async Task Conventions_apply_to_every_endpoint()
    {
        await using var app = await MappedApp.StartAsync(map: endpoints => endpoints.WithMetadata("mine"));
        string[] mapped =
        [
            .. app
                .Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .Where(endpoint => endpoint.Metadata.GetMetadata<string>() == "mine")
                .Select(endpoint => endpoint.RoutePattern.RawText!),
        ];
        Assert.That(mapped, Is.EquivalentTo(new[] { MappedApp.Connect, SignIn, SignOut, MappedApp.Callback, MappedApp.SignedOut }));
    }

    [Test]
    [Description("The unnamed client is mapped without a name, and its paths contain none; an unknown name throws at mapping")]
    public void Unnamed_client_has_paths_without_a_name()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder
            .Services.AddOAuthClient(o =>
            {
                (o.Issuer, o.ClientId) = (new("https://a.example"), "1");
                o.RedirectUri = new("https://b.example/back");
            })
            .AddBrowserAuthorization();
        var web = builder.Build();
        web.MapBrowserAuthorization();
        string?[] patterns =
        [
            .. ((IEndpointRouteBuilder)web)
                .DataSources.SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Select(endpoint => endpoint.RoutePattern.RawText),
        ];
        string[] expected = ["/oauth/connect", "/oauth/sign-in", "/oauth/sign-out", "/oauth/signed-out", "/back"];
        Assert.That(patterns, Is.EquivalentTo(expected));
        Assert.That(
            () => web.MapBrowserAuthorization("photoes"),
            Throws.InvalidOperationException.With.Message.Contains("AddOAuthClient(\"photoes\", …).AddBrowserAuthorization()")
        );
    }

    private static string Address((string Name, string Value)[] fields) =>
        MappedApp.Callback + "?" + string.Join('&', fields.Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value)}"));
}
