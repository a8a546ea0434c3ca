using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests requests that reach a web application by the browser and are not a callback with GET.</summary>
public sealed class BrowserTests : WebAppTestBase
{
    [Test]
    [Description(
        "OAuth 2.0 Form Post Response Mode §2, RFC 6749 §4.1.2.1: the server's error arrives by POST, and the application can show it"
    )]
    public async Task oidcc_client_test_form_post_error()
    {
        await using var app = await WebApp.StartAsync(server, api, options: o => o.ResponseMode = "form_post");
        var begun = await alice.GetAsync(app, "/sign-in?prompt=none");
        var callback = await server.SignInAsync(begun.Location, new() { Cookies = alice.ServerCookies });
        Assert.That(server.RequestsTo(TestEndpoint.Authorization).Single().Query["response_mode"], Is.EqualTo("form_post"));
        var response = await alice.PostAsync(app, "/callback", callback.Query.TrimStart('?'));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(response.Body, Does.StartWith("AuthorizationResponseException").And.Contain("login_required"));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Is.Empty);
        Assert.That(await alice.GetUserAsync(app), Is.EqualTo("(none)"));

        begun = await alice.GetAsync(app, "/sign-in");
        callback = await server.SignInAsync(begun.Location, new() { Cookies = alice.ServerCookies });
        await alice.PostAsync(app, "/callback", callback.Query.TrimStart('?'));
        Assert.That(await alice.GetUserAsync(app), Is.EqualTo("alice"), "and a code that arrives in the same way is accepted");
    }

    [Test]
    [Description("OpenID Connect Core §4: a third party starts the login with a login hint and a target on this site")]
    public async Task oidcc_client_test_3rd_party_init_login()
    {
        await using var app = await WebApp.StartAsync(server, api);
        var started = server.InitiateLogin(app.Client, "alice@example.com", WebApp.Public + "/albums?page=2");
        var begun = await alice.GetAsync(app, started.PathAndQuery);
        Assert.That((await alice.CompleteLoginAsync(app, begun.Location)).Location.OriginalString, Is.EqualTo("/albums?page=2"));
        Assert.That(await alice.GetUserAsync(app), Is.EqualTo("alice"));
        Assert.That(server.RequestsTo(TestEndpoint.Authorization)[0].Query["login_hint"], Is.EqualTo("alice@example.com"));
    }

    [TestCase("https://attacker.example.com/albums")]
    [TestCase("//attacker.example.com/albums")]
    [TestCase("https://rp.example@attacker.example.com/")]
    [Description("OpenID Connect Core §4, threat: open redirect. A target on another site is ignored")]
    public async Task Third_party_login_with_a_target_on_another_site(string target)
    {
        await using var app = await WebApp.StartAsync(server, api);
        var begun = await alice.GetAsync(app, server.InitiateLogin(app.Client, targetLinkUri: target).PathAndQuery);
        Assert.That((await alice.CompleteLoginAsync(app, begun.Location)).Location.OriginalString, Is.EqualTo("/"));
    }

    [Test]
    [Description("OpenID Connect Core §4: a third party cannot choose the server; no request is sent")]
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
