using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the back-channel logout endpoint (OpenID Connect Back-Channel Logout §2.5, §2.8).</summary>
public sealed class BackChannelLogoutTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() => OpenIdApp.StartAsync();

    [Test]
    [Description(
        "Conformance module rp-backchannel-rpinitlogout: after a logout at the server the browser's cookie is rejected at its "
            + "next request; another browser stays signed in"
    )]
    public async Task Logout_at_the_server_ends_the_session()
    {
        var browser = app.OpenBrowser(user: null);
        var other = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await other.LogInAsync();

        await app.Server.SignOutAsync(new(app.Server.EndSessionEndpoint + "?ui_locales=en"), browser.ServerCookies);

        Assert.That(await browser.GetUserAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(await other.GetUserAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description(
        "Back-Channel Logout §2.4: a logout token with only a sub ends all sessions of that user at this client and none at another client"
    )]
    public async Task Logout_by_subject_ends_all_sessions_of_one_client()
    {
        Browser[] browsers = [app.OpenBrowser(user: null), app.OpenBrowser(user: null), app.OpenBrowser(user: null)];
        await browsers[0].LogInAsync();
        await browsers[1].LogInAsync();
        await browsers[2].LogInAsync("/mvc");
        Assert.That(await app.Server.SendBackChannelLogoutAsync(Photos, "alice"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await browsers[0].GetUserAsync(), Is.Empty);
        Assert.That(await browsers[1].GetUserAsync(), Is.Empty);
        Assert.That(await browsers[2].GetUserAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description(
        "Back-Channel Logout §2.8: a logout without cookies, antiforgery token or signed-in user gets status 200 and no-store, "
            + "and sets no cookie"
    )]
    public async Task Successful_logout_gets_200()
    {
        var response = await PostAsync(app.Server.CreateLogoutToken(Photos));
        Assert.That((response.Status, response.Body, response.Header("Cache-Control")), Is.EqualTo((HttpStatusCode.OK, "", "no-store")));
        Assert.That(response.Header("Set-Cookie"), Is.Null);
    }

    [TestCase("not a token")]
    [TestCase("")]
    [TestCase(null)]
    [Description(
        "Back-Channel Logout §2.8: an invalid or missing logout token gets status 400, no-store and an error description; the "
            + "session continues"
    )]
    public async Task Invalid_logout_token_gets_400(string? token)
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var response = token is null ? await app.OpenBrowser(user: null).PostAsync("/logout/back") : await PostAsync(token);
        RequireBadRequest(response);
        Assert.That(app.Logged, Has.Some.StartsWith("Back-channel logout for OAuth client 'photos' rejected. "));
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description(
        "The endpoint accepts anonymous requests: an oversized form, a repeated field and another content type get status 400, "
            + "a GET gets 405"
    )]
    public async Task Malformed_requests_are_refused()
    {
        string token = app.Server.CreateLogoutToken(Photos);
        RequireBadRequest(await app.OpenBrowser(user: null).PostAsync("/logout/back", ("logout_token", token), ("logout_token", token)));
        RequireBadRequest(await PostAsync(new string('a', 256 * 1024)));
        RequireBadRequest(
            await app.OpenBrowser(user: null).PostAsync("/logout/back", [.. Enumerable.Range(0, 21).Select(i => ($"p{i}", "1"))])
        );
        RequireBadRequest(
            await app.OpenBrowser(user: null)
                .SendAsync(
                    HttpMethod.Post,
                    "/logout/back",
                    new StringContent("{}", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
                    []
                )
        );
        Assert.That(
            (await app.OpenBrowser(user: null).GetAsync("/logout/back?logout_token=" + token)).Status,
            Is.EqualTo(HttpStatusCode.MethodNotAllowed)
        );
    }

    [Test]
    [Description(
        "If the store is unavailable the response is 503, so the server can retry; response and log contain the exception's "
            + "type but not its message"
    )]
    public async Task Unavailable_store_gets_503()
    {
        await using var failing = await OpenIdApp.StartAsync(services: services => services.AddSingleton<IGrantStore, UnavailableStore>());
        string token = failing.Server.CreateLogoutToken(Photos);
        var response = await failing.OpenBrowser(user: null).PostAsync("/logout/back", ("logout_token", token));
        Assert.That(
            (response.Status, response.Header("Cache-Control")),
            Is.EqualTo((HttpStatusCode.ServiceUnavailable, "no-store")),
            response.Body
        );
        Assert.That(
            response.Body + string.Join('\n', failing.Logged),
            Does.Contain("IOException").And.Not.Contain(UnavailableStore.ExceptionMessage).And.Not.Contain(token)
        );
    }

    [Test]
    [Description("While the server's keys cannot be fetched the response is 503; five seconds later the logout succeeds")]
    public async Task Unavailable_keys_get_503()
    {
        string token = app.Server.CreateLogoutToken(Photos);
        app.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(404), times: 1);
        Assert.That((await PostAsync(token)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        app.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await PostAsync(token)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    [Description("Mapping the endpoint for an unregistered client throws, and the message names the client")]
    public void Unknown_client_fails_at_mapping() =>
        Assert.That(
            async () => await App.StartAsync(endpoints: web => web.MapBackChannelLogout("/logout", "videos")),
            Throws.InvalidOperationException.With.Message.Contains("'videos'")
        );

    [Test]
    [Description("Mapping an endpoint for a client without AddBrowserAuthorization throws, and the message names the missing call")]
    public void Client_without_browser_authorization_fails_at_mapping() =>
        Assert.That(
            async () =>
                await App.StartAsync(
                    services: (services, _) =>
                        services.AddOAuthClient("worker", o => (o.Issuer, o.ClientId) = (new("https://as.example"), "worker")),
                    endpoints: web => web.MapThirdPartyInitiatedLogin("/login", "worker")
                ),
            Throws.InvalidOperationException.With.Message.Contains("AddOAuthClient(\"worker\", …).AddBrowserAuthorization()")
        );

    private TestClient Photos => new() { ClientId = "photos", BackChannelLogoutUri = new(app.Address, "/logout/back") };

    private Task<BrowserResponse> PostAsync(string token) => app.OpenBrowser(user: null).PostAsync("/logout/back", ("logout_token", token));

    private static void RequireBadRequest(BrowserResponse response)
    {
        Assert.That(
            (response.Status, response.Header("Cache-Control")),
            Is.EqualTo((HttpStatusCode.BadRequest, "no-store")),
            response.Body
        );
        using var json = JsonDocument.Parse(response.Body);
        Assert.That(json.RootElement.GetProperty("error").GetString(), Is.EqualTo("invalid_request"));
        Assert.That(json.RootElement.GetProperty("error_description").GetString(), Is.Not.Empty);
    }
}
