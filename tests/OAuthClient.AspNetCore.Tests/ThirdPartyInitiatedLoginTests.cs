using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>A login that another site starts (OpenID Connect Core §4).</summary>
public sealed class ThirdPartyInitiatedLoginTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await OpenIdApp.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCase("GET"), TestCase("POST")]
    [Description(
        "Module 3rd-party-init-login: by GET or POST of another site the browser goes to the server with the hint, with state, nonce and "
            + "PKCE of its own, and comes back signed in where it was wanted"
    )]
    public async Task Started_elsewhere(string method)
    {
        var browser = app.OpenBrowser(user: null);
        (string, string)[] fields =
        [
            ("iss", app.Server.Issuer.OriginalString),
            ("login_hint", "alice@example.com"),
            ("target_link_uri", App.Public + "/albums?page=2#top"),
        ];
        var begun =
            method == "GET"
                ? await browser.GetAsync(
                    "/login?" + string.Join('&', fields.Select(field => $"{field.Item1}={Uri.EscapeDataString(field.Item2)}"))
                )
                : await browser.PostFromAnotherSiteAsync("/login", fields);
        Assert.That(begun.Status, Is.EqualTo(HttpStatusCode.SeeOther), begun.Body);
        Assert.That(begun.Location, Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri));
        var query = QueryHelpers.ParseQuery(new Uri(begun.Location!).Query);
        Assert.That(query["login_hint"].ToString(), Is.EqualTo("alice@example.com"));
        Assert.That(query.Keys, Is.SupersetOf(new[] { "state", "nonce", "code_challenge" }));

        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(begun.Location!)))).Location, Is.EqualTo("/albums?page=2#top"));
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("https://evil.example")]
    [TestCase("{0}/")]
    [TestCase("{0}x")]
    [Description("§4, mix-up: the issuer must be ours, character by character; else 400, and no server is called")]
    public async Task Another_issuer_is_refused(string? issuer)
    {
        string query = issuer is null
            ? ""
            : "?iss="
                + Uri.EscapeDataString(
                    string.Format(System.Globalization.CultureInfo.InvariantCulture, issuer, app.Server.Issuer.OriginalString)
                );
        var answer = await app.OpenBrowser(user: null).GetAsync("/login" + query);
        Assert.That(
            (answer.Status, answer.Location, answer.Header("Set-Cookie"), answer.Header("Cache-Control")),
            Is.EqualTo((HttpStatusCode.BadRequest, (string?)null, (string?)null, "no-store"))
        );
        Assert.That(app.Server.Requests, Is.Empty);
        Assert.That(
            app.Logged,
            Has.Some.StartsWith("Third-party initiated login for OAuth client 'photos' rejected.")
                .And.Some.Contains("The login was started for another issuer")
        );
    }

    [
        TestCase("good", HttpStatusCode.SeeOther),
        TestCase("evil", HttpStatusCode.BadRequest),
        TestCase("{{tenantid}}", HttpStatusCode.BadRequest),
        TestCase("", HttpStatusCode.BadRequest)
    ]
    [Description("§4 with a server of many tenants: iss is that of an allowed one, not what all of them share")]
    public async Task By_a_tenant(string tenant, HttpStatusCode expected)
    {
        await using var tenants = await OpenIdApp.StartAsync(o =>
        {
            // Nothing is looked up: no tenant of the test server's is needed.
            (o.IssuerTemplate, o.AllowedTenants) = ("https://login.example/{tenantid}", ["good"]);
            (o.AuthorizationEndpoint, o.TokenEndpoint, o.JwksUri) = (
                new("https://login.example/authorize"),
                new("https://login.example/token"),
                new("https://login.example/jwks")
            );
        });
        var answer = await tenants
            .OpenBrowser(user: null)
            .GetAsync("/login?iss=" + Uri.EscapeDataString($"https://login.example/{tenant}".TrimEnd('/')));
        Assert.That(answer.Status, Is.EqualTo(expected), answer.Body);
    }

    [Test]
    [Description("A fault of our own or of the server's is no refusal of the request: it passes, to where the application sees it")]
    public async Task A_fault_is_not_hidden()
    {
        await using var broken = await OpenIdApp.StartAsync();
        broken.Server.Faults.Add(TestEndpoint.Metadata, Fault.Body("{\"issuer\":\"https://evil.example\"}"), times: 9);
        var answer = await broken
            .OpenBrowser(user: null)
            .GetAsync("/login?iss=" + Uri.EscapeDataString(broken.Server.Issuer.OriginalString));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.InternalServerError), answer.Body);
    }

    [Test]
    [Description("RFC 6749 §3.1: a parameter twice is refused")]
    public async Task Twice_is_refused()
    {
        string iss = "iss=" + Uri.EscapeDataString(app.Server.Issuer.OriginalString);
        Assert.That((await app.OpenBrowser(user: null).GetAsync($"/login?{iss}&{iss}")).Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase("https://evil.example/albums")]
    [TestCase("//evil.example/albums")]
    [TestCase("/\\evil.example")]
    [TestCase("https://app.example:444/albums")]
    [TestCase("http://app.example/albums")]
    [TestCase("https://app.example@evil.example/")]
    [TestCase("https://evil@app.example/albums")]
    [TestCase("https://app.example//evil.example")]
    [TestCase("https://app.example.evil.example/")]
    [TestCase("javascript:alert(1)")]
    [TestCase("albums")]
    [TestCase(null)]
    [Description("Open redirect: a target elsewhere counts as none, and the login goes on")]
    public async Task A_target_elsewhere_counts_as_none(string? target)
    {
        var browser = app.OpenBrowser(user: null);
        string query =
            "?iss="
            + Uri.EscapeDataString(app.Server.Issuer.OriginalString)
            + (target is null ? "" : "&target_link_uri=" + Uri.EscapeDataString(target));
        var begun = await browser.GetAsync("/login" + query);
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(begun.Location!)))).Location, Is.EqualTo("/"));
    }

    [Test]
    [Description("Parameter injection: what is not of the request of §4 goes nowhere")]
    public async Task Nothing_else_is_passed_on()
    {
        var begun = await app.OpenBrowser(user: null)
            .GetAsync(
                $"/login?iss={Uri.EscapeDataString(app.Server.Issuer.OriginalString)}&scope=admin&login_hint=a%26scope%3Dadmin&prompt=none"
            );
        var query = QueryHelpers.ParseQuery(new Uri(begun.Location!).Query);
        Assert.That(
            (query["scope"].ToString(), query["login_hint"].ToString(), query.ContainsKey("prompt")),
            Is.EqualTo(("openid profile photos.read offline_access", "a&scope=admin", false))
        );
    }

    [Test]
    [Description("§4, clickjacking: no page may frame it; and no cache keeps it")]
    public async Task Nobody_frames_it()
    {
        var answer = await app.OpenBrowser(user: null).GetAsync("/login?iss=" + Uri.EscapeDataString(app.Server.Issuer.OriginalString));
        Assert.That(
            (answer.Header("X-Frame-Options"), answer.Header("Content-Security-Policy"), answer.Header("Cache-Control")),
            Is.EqualTo(("DENY", "default-src 'none'; frame-ancestors 'none'", "no-store"))
        );
    }
}
