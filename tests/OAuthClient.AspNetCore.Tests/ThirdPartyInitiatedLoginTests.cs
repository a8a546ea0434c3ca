using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests logins that another site initiates (OpenID Connect Core §4).</summary>
public sealed class ThirdPartyInitiatedLoginTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() => OpenIdApp.StartAsync();

    [TestCase("GET"), TestCase("POST")]
    [Description(
        "Conformance module 3rd-party-init-login: a GET or POST of another site redirects to the server with the hint and a new "
            + "state, nonce and PKCE challenge; the user is signed in and returns to target_link_uri"
    )]
    public async Task Login_from_another_site_completes(string method)
    {
        var browser = app.OpenBrowser(user: null);
        (string, string)[] fields =
        [
            ("iss", app.Server.Issuer.OriginalString),
            ("login_hint", "alice@example.com"),
            ("target_link_uri", App.Public + "/albums?page=2#top"),
        ];
        var beginResponse =
            method == "GET"
                ? await browser.GetAsync(
                    "/login?" + string.Join('&', fields.Select(field => $"{field.Item1}={Uri.EscapeDataString(field.Item2)}"))
                )
                : await browser.PostFromAnotherSiteAsync("/login", fields);
        Assert.That(beginResponse.Status, Is.EqualTo(HttpStatusCode.SeeOther), beginResponse.Body);
        Assert.That(beginResponse.Location, Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri));
        var query = QueryHelpers.ParseQuery(new Uri(beginResponse.Location!).Query);
        Assert.That(query["login_hint"].ToString(), Is.EqualTo("alice@example.com"));
        Assert.That(query.Keys, Is.SupersetOf(new[] { "state", "nonce", "code_challenge" }));

        Assert.That(
            (await browser.GetAsync(await browser.SignInAsync(new(beginResponse.Location!)))).Location,
            Is.EqualTo("/albums?page=2#top")
        );
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("https://evil.example")]
    [TestCase("{0}/")]
    [TestCase("{0}x")]
    [Description(
        "OpenID Connect Core §4 (mix-up): an iss that is not exactly the configured issuer gets status 400, and no request is "
            + "sent to a server"
    )]
    public async Task Another_issuer_is_refused(string? issuer)
    {
        string query = issuer is null
            ? ""
            : "?iss="
                + Uri.EscapeDataString(
                    string.Format(System.Globalization.CultureInfo.InvariantCulture, issuer, app.Server.Issuer.OriginalString)
                );
        var response = await app.OpenBrowser(user: null).GetAsync("/login" + query);
        Assert.That(
            (response.Status, response.Location, response.Header("Set-Cookie"), response.Header("Cache-Control")),
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
    [Description(
        "OpenID Connect Core §4 with a multi-tenant server: iss must be the issuer of an allowed tenant, not the common part of all"
    )]
    public async Task Issuer_of_an_allowed_tenant_is_accepted(string tenant, HttpStatusCode expected)
    {
        await using var tenants = await OpenIdApp.StartAsync(o =>
        {
            // All endpoints are configured, so no metadata is requested.
            (o.IssuerTemplate, o.AllowedTenants) = ("https://login.example/{tenantid}", ["good"]);
            (o.AuthorizationEndpoint, o.TokenEndpoint, o.JwksUri) = (
                new("https://login.example/authorize"),
                new("https://login.example/token"),
                new("https://login.example/jwks")
            );
        });
        var response = await tenants
            .OpenBrowser(user: null)
            .GetAsync("/login?iss=" + Uri.EscapeDataString($"https://login.example/{tenant}".TrimEnd('/')));
        Assert.That(response.Status, Is.EqualTo(expected), response.Body);
    }

    [Test]
    [Description("Invalid server metadata is not an error of the request: the exception is rethrown to the application")]
    public async Task Server_error_is_rethrown()
    {
        await using var failing = await OpenIdApp.StartAsync();
        failing.Server.Faults.Add(TestEndpoint.Metadata, Fault.Body("{\"issuer\":\"https://evil.example\"}"), times: 9);
        var response = await failing
            .OpenBrowser(user: null)
            .GetAsync("/login?iss=" + Uri.EscapeDataString(failing.Server.Issuer.OriginalString));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.InternalServerError), response.Body);
    }

    [Test]
    [Description("RFC 6749 §3.1: a repeated parameter is refused")]
    public async Task Duplicate_parameter_is_refused()
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
    [Description("RFC 9700 §4.11 (open redirect): a target_link_uri of another site is ignored, and the login continues")]
    public async Task Target_of_another_site_is_ignored(string? target)
    {
        var browser = app.OpenBrowser(user: null);
        string query =
            "?iss="
            + Uri.EscapeDataString(app.Server.Issuer.OriginalString)
            + (target is null ? "" : "&target_link_uri=" + Uri.EscapeDataString(target));
        var beginResponse = await browser.GetAsync("/login" + query);
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(beginResponse.Location!)))).Location, Is.EqualTo("/"));
    }

    [Test]
    [Description("Threat: parameter injection. Parameters that OpenID Connect Core §4 does not define are not forwarded")]
    public async Task Other_parameters_are_not_forwarded()
    {
        var beginResponse = await app.OpenBrowser(user: null)
            .GetAsync(
                $"/login?iss={Uri.EscapeDataString(app.Server.Issuer.OriginalString)}&scope=admin&login_hint=a%26scope%3Dadmin&prompt=none"
            );
        var query = QueryHelpers.ParseQuery(new Uri(beginResponse.Location!).Query);
        Assert.That(
            (query["scope"].ToString(), query["login_hint"].ToString(), query.ContainsKey("prompt")),
            Is.EqualTo(("openid profile photos.read offline_access", "a&scope=admin", false))
        );
    }

    [Test]
    [Description("OpenID Connect Core §4 (clickjacking): the response forbids framing and caching")]
    public async Task Response_cannot_be_framed_or_cached()
    {
        var response = await app.OpenBrowser(user: null).GetAsync("/login?iss=" + Uri.EscapeDataString(app.Server.Issuer.OriginalString));
        Assert.That(
            (response.Header("X-Frame-Options"), response.Header("Content-Security-Policy"), response.Header("Cache-Control")),
            Is.EqualTo(("DENY", "default-src 'none'; frame-ancestors 'none'", "no-store"))
        );
    }
}
