using System.Net;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests logout tokens that the server sends to a web application (OpenID Connect Back-Channel Logout).</summary>
public sealed class BackChannelLogoutTests : WebAppTestBase
{
    private WebApp app = null!;

    [SetUp]
    public async Task SignInAsync()
    {
        app = await WebApp.StartAsync(server, api);
        await alice.SignInAsync(app);
    }

    [TearDown]
    public async Task StopAppAsync() => await app.DisposeAsync();

    [Test]
    [Description(
        "Back-Channel Logout §2.5, §2.7: the user signs out at another application of the same session: session and tokens are "
            + "removed here, and the response to the server says so"
    )]
    public async Task oidcc_client_test_rp_backchannel_rpinitlogout()
    {
        await using var other = await WebApp.StartAsync(server, api, "other");
        await alice.SignInAsync(other);
        await alice.SignOutAsync(other);
        Assert.That(app.Answered, Has.One.EqualTo("POST /logout/back 200"));
        await alice.RequireSignedOutAsync(app);
    }

    [Test]
    [Description("Back-Channel Logout §2.6 (2): alg none")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() => RejectsAsync(Defect.LogoutTokenUnsigned, "signed with 'none'");

    [Test]
    [Description("Back-Channel Logout §2.6 (6): no events claim")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_no_event() =>
        RejectsAsync(Defect.LogoutTokenMissingEvent, "events claim contains no object");

    [Test]
    [Description("Back-Channel Logout §2.6 (7): a nonce, as in an ID Token")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() => RejectsAsync(Defect.LogoutTokenWithNonce, "has a nonce");

    [Test]
    [Description("Back-Channel Logout §2.6 (3): signed with the server's key, but with another algorithm than the client's")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() =>
        RejectsAsync(Defect.LogoutTokenOtherAlgorithm, "signed with 'ES256'");

    [Test]
    [Description("Back-Channel Logout §2.6 (4): for another client")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() =>
        RejectsAsync(Defect.LogoutTokenWrongAudience, "aud does not name this client");

    [Test]
    [Description("Back-Channel Logout §2.6 (6): another event than logout")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() =>
        RejectsAsync(Defect.LogoutTokenWrongEvent, "events claim contains no object");

    [Test]
    [Description("Back-Channel Logout §2.6 (4): from another server")]
    public Task oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() =>
        RejectsAsync(Defect.LogoutTokenWrongIssuer, "iss is 'https://attacker.example.com'");

    private async Task RejectsAsync(Defect defect, string cause)
    {
        var before = (await app.StoredAsync(server.Issuer.OriginalString)).Single();
        server.Options.Defect = defect;
        server.ClearRequests();
        Assert.That(await SendLogoutTokenAsync(before.SessionId), Is.EqualTo(HttpStatusCode.BadRequest));
        // The server does not show the response; an identical request of the test shows the cause.
        var response = await alice.PostAsync(
            app,
            "/logout/back",
            "logout_token=" + server.CreateLogoutToken(app.Client, "alice", before.SessionId)
        );
        Assert.That((string?)JsonNode.Parse(response.Body)!["error_description"], Does.Contain(cause));
        Assert.That(
            server.Requests.Select(request => request.Endpoint).Distinct(),
            Is.SubsetOf([TestEndpoint.Metadata, TestEndpoint.Jwks])
        );
        Assert.That((await app.StoredAsync(server.Issuer.OriginalString)).Single().Id, Is.EqualTo(before.Id));
        Assert.That(await alice.GetUserAsync(app), Is.EqualTo("alice"));
        Assert.That((await alice.GetAsync(app, "/me")).Body, Does.Contain("alice"));

        server.Options.Defect = Defect.None;
        Assert.That(await SendLogoutTokenAsync(before.SessionId), Is.EqualTo(HttpStatusCode.OK));
        await alice.RequireSignedOutAsync(app);
    }

    private Task<HttpStatusCode> SendLogoutTokenAsync(string? sessionId) =>
        server.SendBackChannelLogoutAsync(app.Client, "alice", sessionId).Promptly();
}
