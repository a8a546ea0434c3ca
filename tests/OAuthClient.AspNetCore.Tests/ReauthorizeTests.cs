using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests that ReauthorizationRequiredException becomes a redirect: by the attribute in a controller ("/mvc"), by the filter at a minimal
/// endpoint ("").
/// </summary>
public sealed class ReauthorizeTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() =>
        App.StartAsync(endpoints: web =>
        {
            var group = web.MapGroup("/group").ReauthorizeWhenNeeded("photos");
            group.MapGet("/photos", async (IHttpClientFactory http) => await http.CreateClient("photos").GetStringAsync("/photos"));
            group.MapGet("/albums", async (IHttpClientFactory http) => await http.CreateClient("albums").GetStringAsync("/photos"));
            group.MapGet("/other", string () => throw new InvalidOperationException("something else"));
            web.MapGet(
                    "/any/{client}",
                    async (string client, IHttpClientFactory http) => await http.CreateClient(client).GetStringAsync("/photos")
                )
                .ReauthorizeWhenNeeded();
            web.MapGet(
                "/connect-with-parameters",
                (HttpContext context, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                    photos.BeginAsync(
                        context,
                        parameters: new()
                        {
                            Scopes = ["photos.read", "offline_access"],
                            Prompt = "consent",
                            LoginHint = "alice",
                            UiLocales = "de",
                            Additional = new Dictionary<string, string> { ["audience"] = "https://api.example" },
                        }
                    )
            );
            web.MapGet(
                    "/step-up",
                    string () =>
                        throw new ReauthorizationRequiredException("photos", "x")
                        {
                            Scopes = ["photos.write"],
                            AcrValues = ["phr", "phrh"],
                            Claims = """{"access_token":{}}""",
                        }
                )
                .ReauthorizeWhenNeeded();
            web.MapGet("/unregistered", string () => throw new ReauthorizationRequiredException("missing", "x"))
                .ReauthorizeWhenNeeded("missing");
        });

    [TestCase("/photos?page=2&q=a%20b", ""), TestCase("/mvc/photos?page=2&q=a%20b", "/mvc"), TestCase("/group/photos?page=2&q=a%20b", "")]
    [Description(
        "Without a grant the browser is redirected to the authorization server and returns to the same address, where the API responds"
    )]
    public async Task Missing_grant_redirects_and_returns(string address, string prefix)
    {
        var browser = app.OpenBrowser();
        var redirect = await browser.GetAsync(address, ("Sec-Fetch-Mode", "navigate"));
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(
            redirect.Location,
            Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri).And.Contains($"client_id={(prefix == "" ? "photos" : "albums")}")
        );
        Assert.That(redirect.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(app.Api.Requests, Is.Empty);

        var callbackResponse = await browser.GetAsync(await browser.SignInAsync(new(redirect.Location!)));
        Assert.That(callbackResponse.Location, Is.EqualTo(address));
        Assert.That((await browser.GetAsync(callbackResponse.Location!)).Body, Does.Contain("Dunes"));
    }

    [TestCase("photos"), TestCase("albums")]
    [Description("Without a client name ReauthorizeWhenNeeded applies to every client")]
    public async Task Filter_without_a_name_applies_to_any_client(string client)
    {
        var redirect = await app.OpenBrowser().GetAsync($"/any/{client}", ("Sec-Fetch-Mode", "navigate"));
        Assert.That(redirect.Location, Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri).And.Contains($"client_id={client}"));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 6749 §5.2 (invalid_grant): after the grant is revoked at the server, the next request redirects the user to it")]
    public async Task Revoked_grant_redirects(string prefix)
    {
        var browser = app.OpenBrowser();
        await browser.ConnectAsync(prefix);
        app.Time.Advance(TimeSpan.FromMinutes(10));
        app.Server.RevokeEverything();
        var redirect = await browser.GetAsync($"{prefix}/photos");
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther), redirect.Body);
        Assert.That(redirect.Location, Does.Not.Contain("prompt="));
        await browser.GetAsync(await browser.SignInAsync(new(redirect.Location!)));
        Assert.That((await browser.GetAsync($"{prefix}/photos")).Body, Does.Contain("Dunes"));
    }

    [Test]
    [Description("Parameters of the first authorization are used again when the same grant is reauthorized, and when it is connected anew")]
    public async Task Parameters_of_the_grant_are_used_again()
    {
        var browser = app.OpenBrowser();
        var begun = await browser.GetAsync("/connect-with-parameters");
        await browser.GetAsync(await browser.SignInAsync(new(begun.Location!)));
        app.Time.Advance(TimeSpan.FromMinutes(10));
        app.Server.RevokeEverything();

        foreach (string address in new[] { "/photos", "/connect" })
        {
            var redirect = await browser.GetAsync(address);
            Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther), redirect.Body);
            Assert.That(redirect.Location, Does.Contain("audience=https%3A%2F%2Fapi.example").And.Contain("ui_locales=de"));
            Assert.That(
                redirect.Location,
                Does.Contain("scope=photos.read%20offline_access&").Or.EndsWith("scope=photos.read%20offline_access")
            );
            Assert.That(redirect.Location, Does.Not.Contain("prompt=").And.Not.Contain("login_hint="));
        }
        // The new grant has them too.
        await browser.GetAsync(await browser.SignInAsync(new((await browser.GetAsync("/photos")).Location!)));
        Assert.That((await browser.GetAsync("/photos")).Body, Does.Contain("Dunes"));
        app.Time.Advance(TimeSpan.FromMinutes(10));
        app.Server.RevokeEverything();
        Assert.That((await browser.GetAsync("/photos")).Location, Does.Contain("audience="));
    }

    [Test]
    [Description("RFC 9470 §4: what the exception requires is requested, in addition to the scopes of the options")]
    public async Task Requirements_of_the_exception_are_requested()
    {
        var redirect = await app.OpenBrowser().GetAsync("/step-up");
        Assert.That(redirect.Location, Does.Contain("scope=openid%20profile%20photos.read%20offline_access%20photos.write"));
        Assert.That(redirect.Location, Does.Contain("acr_values=phr%20phrh").And.Contain("claims=%7B%22access_token%22%3A%7B%7D%7D"));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "A grant that is rejected immediately after it was issued requests prompt=consent; a server that remembers consent "
            + "would otherwise cause a redirect loop"
    )]
    public async Task Rejected_new_grant_asks_for_consent(string prefix)
    {
        var browser = app.OpenBrowser();
        await browser.ConnectAsync(prefix);
        app.Server.RevokeEverything();
        Assert.That((await browser.GetAsync($"{prefix}/photos")).Location, Does.Contain("prompt=consent"));
    }

    [TestCase("alice", ""), TestCase("bert", ""), TestCase("alice", "/mvc"), TestCase("bert", "/mvc")]
    [Description(
        "Threat: one user's token for another. Reauthorization renews the sign-in; if another user returns, that user is signed "
            + "in, with their own grant only"
    )]
    public async Task Reauthorization_renews_the_sign_in(string userName, string prefix)
    {
        await using var signIns = await OpenIdApp.StartAsync();
        signIns.Server.AddUser(new OAuthClient.Testing.TestUser { Subject = "b", UserName = "bert" });
        var browser = signIns.OpenBrowser(user: null);
        await browser.LogInAsync(prefix);
        var client = signIns.Client(prefix == "" ? "photos" : "albums");
        var alice = GrantOwner.Subject(signIns.Server.Issuer.OriginalString, "alice");
        signIns.Time.Advance(TimeSpan.FromMinutes(10));
        signIns.Server.RevokeEverything();
        var redirect = await browser.GetAsync($"{prefix}/photos");
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther), redirect.Body);
        string callback = (
            await signIns.Server.SignInAsync(new(redirect.Location!), new() { UserName = userName, Cookies = new CookieContainer() })
        ).PathAndQuery;
        Assert.That((await browser.GetAsync(callback)).Location, Is.EqualTo($"{prefix}/photos"));

        string subject = userName == "alice" ? "alice" : "b";
        Assert.That(await browser.GetUserAsync(), Is.EqualTo(subject));
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain(subject));
        Assert.That((await client.FindGrantAsync(alice))?.Subject, Is.AnyOf("alice", null));
        var grant = (await client.FindGrantAsync(GrantOwner.Subject(signIns.Server.Issuer.OriginalString, subject)))!;
        Assert.That((grant.Subject, grant.SignInExpiresAt is not null), Is.EqualTo((subject, true)));
    }

    [TestCase("POST", ""), TestCase("POST", "/mvc"), TestCase("DELETE", ""), TestCase("PUT", "/mvc")]
    [Description("A request that a redirect cannot repeat returns the user to the application's root")]
    public async Task Unsafe_request_returns_to_the_root(string method, string prefix)
    {
        var browser = app.OpenBrowser();
        var redirect = await browser.SendAsync(new(method), $"{prefix}/photos", null, []);
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(redirect.Location!)))).Location, Is.EqualTo("/"));
    }

    [TestCase("", "Sec-Fetch-Mode", "cors"), TestCase("/mvc", "Sec-Fetch-Mode", "cors")]
    [TestCase("", "Sec-Fetch-Mode", "same-origin"), TestCase("/mvc", "Sec-Fetch-Mode", "no-cors")]
    [TestCase("", "X-Requested-With", "XMLHttpRequest"), TestCase("/mvc", "X-Requested-With", "XMLHttpRequest")]
    [Description("A script's request gets status 401 instead of a redirect to another site, and begins no authorization")]
    public async Task Script_gets_401(string prefix, string header, string value)
    {
        var browser = app.OpenBrowser();
        var response = await browser.GetAsync($"{prefix}/photos", (header, value));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(browser.Jar, Is.Empty);
    }

    [TestCase("/group/albums"), TestCase("/mvc/others")]
    [Description("An exception of another client is rethrown")]
    public async Task Exception_of_another_client_is_rethrown(string address) =>
        (await app.OpenBrowser().GetAsync(address)).RequireException("ReauthorizationRequiredException", "albums");

    [Test]
    [Description("Exceptions of other types are rethrown")]
    public async Task Other_exceptions_are_rethrown() =>
        Assert.That(
            (await app.OpenBrowser().GetAsync("/group/other")).Body,
            Does.StartWith("System.InvalidOperationException: something else")
        );

    [TestCase("/photos"), TestCase("/mvc/photos")]
    [Description("Without a signed-in user the exception is rethrown")]
    public async Task Request_without_a_user_is_not_redirected(string address)
    {
        (await app.OpenBrowser(user: null).GetAsync(address)).RequireException("OAuthException", "No user is signed in");
        Assert.That(app.Api.Requests, Is.Empty);
    }

    [TestCase("/started"), TestCase("/mvc/started")]
    [Description("A response that has started cannot become a redirect, so the exception is rethrown")]
    public async Task Exception_after_the_response_has_started_is_rethrown(string path)
    {
        var thrown = new TaskCompletionSource<Exception>();
        await using var started = await App.StartAsync(
            pipeline: web =>
                web.Use(
                    async (context, next) =>
                    {
                        try
                        {
                            await next(context);
                        }
                        catch (Exception exception)
                        {
                            thrown.TrySetResult(exception);
                            throw;
                        }
                    }
                ),
            endpoints: web =>
                web.MapGet("/started", (HttpContext context) => AlbumsController.StartAndFailAsync(context, "photos"))
                    .ReauthorizeWhenNeeded("photos")
        );
        Assert.That(async () => await started.OpenBrowser().GetAsync(path), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await thrown.Task, Is.InstanceOf<ReauthorizationRequiredException>());
    }

    [Test]
    [Description("An unregistered client name throws, and the message names the calls to add")]
    public async Task Unregistered_client_throws() =>
        Assert.That(
            (await app.OpenBrowser().GetAsync("/unregistered")).Body,
            Does.Contain("requires AddOAuthClient(\"missing\", …).AddBrowserAuthorization()")
        );

    [TestCase("//e.example/photos")]
    [Description("RFC 9700 §4.11 (open redirect): a request path that resolves to another host is not used as the return URL")]
    public async Task Path_that_names_another_host_is_not_the_return_URL(string path)
    {
        await using var open = await App.StartAsync(endpoints: web =>
            web.MapFallback(async (IHttpClientFactory http) => await http.CreateClient("photos").GetStringAsync("/photos"))
                .ReauthorizeWhenNeeded("photos")
        );
        var browser = open.OpenBrowser();
        var redirect = await browser.GetAsync(path);
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(redirect.Location!)))).Location, Is.EqualTo("/"));
    }
}
