using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests that only a navigation begins an authorization, as reported by fetch metadata (Sec-Fetch-Mode, Sec-Fetch-Dest, Sec-Fetch-Site,
/// Sec-Purpose).
/// </summary>
public sealed class NavigationTests
{
    private static readonly (string, string)[] Image =
    [
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Dest", "image"),
        ("Sec-Fetch-Site", "cross-site"),
    ];

    private static readonly TestCaseData[] NonNavigations =
    [
        Request("no-cors", "image", "cross-site").SetArgDisplayNames("image"),
        Request("no-cors", "empty", "cross-site").SetArgDisplayNames("prefetch link"),
        Request("cors", "empty", "same-origin").SetArgDisplayNames("fetch"),
        Request("navigate", "iframe", "cross-site").SetArgDisplayNames("frame of another site"),
        Request("navigate", "iframe", "same-site").SetArgDisplayNames("frame of a sibling site"),
        Request("navigate", "iframe", null).SetArgDisplayNames("frame, site not named"),
        Request("navigate", "object", "cross-site").SetArgDisplayNames("object"),
        Request(null, "image", null).SetArgDisplayNames("destination only"),
        Request("navigate", "document", "same-origin", "prefetch").SetArgDisplayNames("speculative prefetch"),
        Request("navigate", "document", "same-origin", "prefetch;prerender").SetArgDisplayNames("prerender"),
    ];

    private static readonly TestCaseData[] Navigations =
    [
        Request("navigate", "document", "cross-site").SetArgDisplayNames("link of another site"),
        Request("navigate", "document", "none").SetArgDisplayNames("address bar"),
        Request("navigate", "iframe", "same-origin").SetArgDisplayNames("frame of this site"),
        Request("navigate", null, null).SetArgDisplayNames("mode only"),
        Request(null, null, null).SetArgDisplayNames("no fetch metadata"),
    ];

    private static readonly string[] BeginEndpoints = ["/connect", "/mvc/connect", "/sign-in", "/mvc/sign-in", "/login"];

    [TestCaseSource(nameof(NonNavigations))]
    [Description(
        "Threat: state flooding. A begin request that is not a navigation gets status 403 and sets no cookie, at every endpoint "
            + "that begins by GET"
    )]
    public async Task Begin_without_a_navigation_is_refused((string, string)[] headers)
    {
        await using var app = await OpenIdApp.StartAsync(o => o.ResponseMode = "form_post");
        foreach (string path in BeginEndpoints)
        {
            var browser = app.OpenBrowser();
            var response = await browser.GetAsync(Address(app, path), headers);
            Assert.That(response.Status, Is.EqualTo(HttpStatusCode.Forbidden), path + response.Body);
            Assert.That(response.Header("Set-Cookie"), Is.Null, path);
            Assert.That(response.Body, Does.Contain("not a top-level navigation"), path);
        }
    }

    [TestCaseSource(nameof(Navigations))]
    [Description("A navigation begins an authorization, also in a browser that sends no fetch metadata")]
    public async Task Navigation_begins((string, string)[] headers)
    {
        await using var app = await OpenIdApp.StartAsync();
        foreach (string path in BeginEndpoints)
        {
            var response = await app.OpenBrowser().GetAsync(Address(app, path), headers);
            Assert.That(response.Status, Is.EqualTo(HttpStatusCode.SeeOther), path + response.Body);
        }
    }

    [Test]
    [Description("Threat: state flooding. Images of another site do not evict a pending authorization")]
    public async Task Cross_site_images_do_not_evict_a_pending_authorization()
    {
        await using var app = await App.StartAsync(o => o.ResponseMode = "form_post");
        var browser = app.OpenBrowser();
        var pending = await browser.BeginAsync(returnUrl: "/pending");
        string cookies = browser.CookieHeader;
        for (int i = 0; i < 20; i++)
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
            await browser.GetAsync("/connect", Image);
        }
        Assert.That(browser.CookieHeader, Is.EqualTo(cookies));
        Assert.That(await browser.SignInAsync(pending), Does.Contain("code="));
    }

    [Test]
    [Description("Threat: logout CSRF. A sign-out that another site loads as an image ends no session and sets no cookie")]
    public async Task Sign_out_by_a_cross_site_image_is_refused()
    {
        await using var app = await OpenIdApp.StartAsync();
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var response = await browser.GetAsync("/sign-out", Image);
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.Forbidden), response.Body);
        Assert.That(response.Header("Set-Cookie"), Is.Null);
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [TestCase("/lambda/begin"), TestCase("/awaited/begin"), TestCase("/lambda/sign-in"), TestCase("/awaited/sign-in")]
    [TestCase("/lambda/sign-out"), TestCase("/awaited/sign-out")]
    [Description("An endpoint mapped from a lambda with only HttpContext returns the redirect and not an empty response")]
    public async Task Endpoint_from_a_lambda_redirects(string path)
    {
        await using var app = await App.StartAsync(
            services: (services, _) => services.AddAuthentication("Cookies").AddCookie("Cookies"),
            endpoints: MapLambdas
        );
        var response = await app.OpenBrowser().GetAsync(path);
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.SeeOther), response.Body);
        bool isSignOut = path.EndsWith("sign-out", StringComparison.Ordinal);
        string target = isSignOut ? app.Server.Issuer.OriginalString + "/logout" : app.Server.AuthorizationEndpoint.AbsoluteUri;
        Assert.That(response.Location, Does.StartWith(target));
    }

    [Test]
    [Description("A lambda with only HttpContext, and an action, return the callback's result: the return URL or the denied page")]
    public async Task Callback_result_is_not_dropped(
        [Values("photos /lambda/callback", "albums /mvc/result/callback")] string endpoint,
        [Values] bool isDenied
    )
    {
        string[] parts = endpoint.Split(' ');
        string redirectUri = App.Public + parts[1];
        await using var app = await App.StartAsync(o => o.RedirectUri = new(redirectUri), endpoints: MapLambdas);
        app.Server.AddClient(
            new()
            {
                ClientId = parts[0],
                ClientSecret = "s",
                RedirectUris = { redirectUri },
            }
        );
        var browser = app.OpenBrowser();
        var response = await browser.ConnectAsync(parts[0] == "albums" ? "/mvc" : "", "/albums", new() { Deny = isDenied });
        Assert.That(response.Location, Is.EqualTo(isDenied ? null : "/albums"), response.Body);
        Assert.That(response.Body, isDenied ? Does.Contain("Access was not granted") : Is.Empty);
    }

    private static void MapLambdas(WebApplication web)
    {
        var x = web.Services.GetRequiredKeyedService<BrowserAuthorization>("photos");
        web.MapGet("/lambda/begin", (HttpContext c) => x.BeginAsync(c));
        web.MapGet("/lambda/sign-in", (HttpContext c) => x.BeginSignInAsync(c));
        web.MapGet("/lambda/sign-out", (HttpContext c) => x.BeginSignOutAsync(c));
        web.MapGet("/lambda/callback", (HttpContext c) => x.CompleteAsync(c));
        web.MapGet("/awaited/begin", async (HttpContext c) => await x.BeginAsync(c));
        web.MapGet("/awaited/sign-in", async (HttpContext c) => await x.BeginSignInAsync(c));
        web.MapGet("/awaited/sign-out", async (HttpContext c) => await x.BeginSignOutAsync(c));
    }

    private static string Address(App app, string path) =>
        path == "/login" ? "/login?iss=" + Uri.EscapeDataString(app.Server.Issuer.OriginalString) : path;

    private static TestCaseData Request(string? mode, string? destination, string? site, string? purpose = null)
    {
        List<(string, string)> headers = [];
        if (mode is not null)
            headers.Add(("Sec-Fetch-Mode", mode));
        if (destination is not null)
            headers.Add(("Sec-Fetch-Dest", destination));
        if (site is not null)
            headers.Add(("Sec-Fetch-Site", site));
        if (purpose is not null)
            headers.Add(("Sec-Purpose", purpose));
        return new([headers.ToArray()]);
    }
}
