using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>What reaches a web application by the browser, and is not the plain callback.</summary>
public sealed class BrowserTests
{
    private TestAuthorizationServer server = null!;
    private TestResourceServer api = null!;
    private Visitor alice = null!;

    [SetUp]
    public async Task StartAsync()
    {
        server = await TestAuthorizationServer.StartAsync(o => o.TimeProvider = new ManualTimeProvider());
        api = await server.StartResourceServerAsync();
        alice = new(server);
    }

    [TearDown]
    public async Task StopAsync()
    {
        alice.Dispose();
        await api.DisposeAsync();
        await server.DisposeAsync();
    }

    [Test]
    [Description(
        "OAuth 2.0 Form Post Response Mode §2, RFC 6749 §4.1.2.1: the server's error comes by POST, and the application can show it"
    )]
    public async Task oidcc_client_test_form_post_error()
    {
        await using var app = await WebApp.StartAsync(server, api, options: o => o.ResponseMode = "form_post");
        var begun = await alice.GetAsync(app, "/sign-in?prompt=none");
        var callback = await server.SignInAsync(begun.Location, new() { Cookies = alice.ServerCookies });
        Assert.That(server.RequestsTo(TestEndpoint.Authorization).Single().Query["response_mode"], Is.EqualTo("form_post"));
        var answer = await alice.PostAsync(app, "/callback", callback.Query.TrimStart('?'));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Body, Does.StartWith("AuthorizationResponseException").And.Contain("login_required"));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Is.Empty);
        Assert.That(await alice.WhoAsync(app), Is.EqualTo("nobody"));

        begun = await alice.GetAsync(app, "/sign-in");
        callback = await server.SignInAsync(begun.Location, new() { Cookies = alice.ServerCookies });
        await alice.PostAsync(app, "/callback", callback.Query.TrimStart('?'));
        Assert.That(await alice.WhoAsync(app), Is.EqualTo("alice"), "and a code that comes the same way is accepted");
    }

    [Test]
    [Description("OpenID Connect Core §4: a third party starts the login, says who it may be and where they want to be: on this site")]
    public async Task oidcc_client_test_3rd_party_init_login()
    {
        await using var app = await WebApp.StartAsync(server, api);
        var started = server.InitiateLogin(app.Client, "alice@example.com", WebApp.Public + "/albums?page=2");
        var begun = await alice.GetAsync(app, started.PathAndQuery);
        Assert.That((await alice.ComeBackAsync(app, begun.Location)).Location.OriginalString, Is.EqualTo("/albums?page=2"));
        Assert.That(await alice.WhoAsync(app), Is.EqualTo("alice"));
        Assert.That(server.RequestsTo(TestEndpoint.Authorization)[0].Query["login_hint"], Is.EqualTo("alice@example.com"));
    }

    [TestCase("https://attacker.example.com/albums")]
    [TestCase("//attacker.example.com/albums")]
    [TestCase("https://rp.example@attacker.example.com/")]
    [Description("OpenID Connect Core §4, threat: open redirect. A target elsewhere counts as none")]
    public async Task Third_party_login_with_a_target_elsewhere(string target)
    {
        await using var app = await WebApp.StartAsync(server, api);
        var begun = await alice.GetAsync(app, server.InitiateLogin(app.Client, targetLinkUri: target).PathAndQuery);
        Assert.That((await alice.ComeBackAsync(app, begun.Location)).Location.OriginalString, Is.EqualTo("/"));
    }

    [Test]
    [Description("OpenID Connect Core §4: a third party cannot choose the server; nothing is called")]
    public async Task Third_party_login_at_another_server()
    {
        await using var app = await WebApp.StartAsync(server, api);
        Assert.That(
            (await alice.GetAsync(app, "/login?iss=https%3A%2F%2Fattacker.example.com")).Status,
            Is.EqualTo(HttpStatusCode.BadRequest)
        );
        Assert.That(server.Requests, Is.Empty);
    }
}
