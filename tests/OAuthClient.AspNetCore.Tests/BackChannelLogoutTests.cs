using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>The endpoint that the server calls when a user signed out there (OpenID Connect Back-Channel Logout §2.5, §2.8).</summary>
public sealed class BackChannelLogoutTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await OpenIdApp.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [Test]
    [Description(
        "Module rp-backchannel-rpinitlogout: the user signs out at the server; at the next request the browser's cookie is worth nothing, "
            + "and the other browser's is"
    )]
    public async Task Signed_out_at_the_server()
    {
        var browser = app.OpenBrowser(user: null);
        var other = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await other.LogInAsync();

        await app.Server.SignOutAsync(new(app.Server.EndSessionEndpoint + "?ui_locales=en"), browser.ServerCookies);

        Assert.That(await browser.WhoAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
        Assert.That(await other.WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("§2.4: a subject alone signs out all their browsers, of this client and no other")]
    public async Task All_sessions_of_a_subject()
    {
        Browser[] browsers = [app.OpenBrowser(user: null), app.OpenBrowser(user: null), app.OpenBrowser(user: null)];
        await browsers[0].LogInAsync();
        await browsers[1].LogInAsync();
        await browsers[2].LogInAsync("/mvc");
        Assert.That(await app.Server.SendBackChannelLogoutAsync(Photos, "alice"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await browsers[0].WhoAsync(), Is.Empty);
        Assert.That(await browsers[1].WhoAsync(), Is.Empty);
        Assert.That(await browsers[2].WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("§2.8: The response is 200 and no-store, without cookies, an antiforgery token or a signed-in user")]
    public async Task Done_is_200()
    {
        var answer = await PostAsync(app.Server.CreateLogoutToken(Photos));
        Assert.That((answer.Status, answer.Body, answer.Header("Cache-Control")), Is.EqualTo((HttpStatusCode.OK, "", "no-store")));
        Assert.That(answer.Header("Set-Cookie"), Is.Null);
    }

    [Test]
    [Description("§2.6, §2.8: a copy of a logout token is answered 200, and the user who signed in again meanwhile stays signed in")]
    public async Task A_copy_is_200()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        string token = app.Server.CreateLogoutToken(Photos, "alice");
        Assert.That((await PostAsync(token)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await browser.WhoAsync(), Is.Empty);
        await browser.LogInAsync();

        Assert.That((await PostAsync(token)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [TestCase("not a token")]
    [TestCase("")]
    [TestCase(null)]
    [Description("§2.8: 400, no-store and what is wrong for a token that is not to be believed; the session stays")]
    public async Task A_bad_token_is_400(string? token)
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var answer = token is null ? await app.OpenBrowser(user: null).PostAsync("/logout/back") : await PostAsync(token);
        RequireBadRequest(answer);
        Assert.That(app.Logged, Has.Some.StartsWith("Back-channel logout for OAuth client 'photos' rejected. "));
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("Module rp-backchannel-rpinitlogout-wrong-event, over real sockets: 400, session kept")]
    public async Task A_wrong_event_is_400()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        app.Server.Options.OnLogoutTokenClaims = claims => claims["events"] = new System.Text.Json.Nodes.JsonObject();
        Assert.That(await app.Server.SendBackChannelLogoutAsync(Photos, "alice"), Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
    }

    [Test]
    [Description("Open to everyone: a form that is large, doubled or no form is refused as it is read")]
    public async Task Odd_requests_are_400()
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
        "When the store is away the server is told to try again: 503, and nothing of the exception is said or logged but its type"
    )]
    public async Task The_store_is_away()
    {
        await using var failing = await OpenIdApp.StartAsync(services: services => services.AddSingleton<IGrantStore, AbsentStore>());
        string token = failing.Server.CreateLogoutToken(Photos);
        var answer = await failing.OpenBrowser(user: null).PostAsync("/logout/back", ("logout_token", token));
        Assert.That(
            (answer.Status, answer.Header("Cache-Control")),
            Is.EqualTo((HttpStatusCode.ServiceUnavailable, "no-store")),
            answer.Body
        );
        Assert.That(
            answer.Body + string.Join('\n', failing.Logged),
            Does.Contain("IOException").And.Not.Contain(AbsentStore.Words).And.Not.Contain(token)
        );
    }

    [Test]
    [Description("When the server's own keys cannot be had it is told to try again, and it works five seconds later")]
    public async Task The_keys_are_away()
    {
        string token = app.Server.CreateLogoutToken(Photos);
        app.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(404), times: 1);
        for (int i = 0; i < 200; i++)
            Assert.That((await PostAsync(token)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        app.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await PostAsync(token)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    [Description("A client that is not registered is named when the endpoint is mapped")]
    public void An_unknown_client_is_named() =>
        Assert.That(
            async () => await App.StartAsync(endpoints: web => web.MapBackChannelLogout("/logout", "videos")),
            Throws.InvalidOperationException.With.Message.Contains("'videos'")
        );

    [Test]
    [Description("An endpoint that needs browsers says so when the client has none")]
    public void A_client_without_browsers_is_named() =>
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

    private Task<Answer> PostAsync(string token) => app.OpenBrowser(user: null).PostAsync("/logout/back", ("logout_token", token));

    private static void RequireBadRequest(Answer answer)
    {
        Assert.That((answer.Status, answer.Header("Cache-Control")), Is.EqualTo((HttpStatusCode.BadRequest, "no-store")), answer.Body);
        using var json = JsonDocument.Parse(answer.Body);
        Assert.That(json.RootElement.GetProperty("error").GetString(), Is.EqualTo("invalid_request"));
        Assert.That(json.RootElement.GetProperty("error_description").GetString(), Is.Not.Empty);
    }
}
