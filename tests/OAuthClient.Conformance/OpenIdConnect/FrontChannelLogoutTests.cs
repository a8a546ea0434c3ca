using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests the logout page of the server that loads a page of the application in a frame (OpenID Connect Front-Channel Logout).
/// </summary>
public sealed class FrontChannelLogoutTests : WebAppTestBase
{
    private WebApp app = null!;

    [SetUp]
    public async Task SignInAsync()
    {
        app = await WebApp.StartAsync(server, api, frontChannel: true);
        await alice.SignInAsync(app);
        alice.SendIntoFrames(app);
    }

    [TearDown]
    public async Task StopAppAsync() => await app.DisposeAsync();

    [Test]
    [Description(
        "Front-Channel Logout §2, §3: the user signs out at another application of the same session; the page of the server "
            + "loads this one in a frame"
    )]
    public async Task oidcc_client_test_rp_frontchannel_rpinitlogout()
    {
        await using var other = await WebApp.StartAsync(server, api, "other");
        await alice.SignInAsync(other);
        await alice.SignOutAsync(other);
        Assert.That(app.Answered, Has.One.EqualTo("GET /logout/front 200"));
        await alice.RequireSignedOutAsync(app);
    }

    [Test]
    [Description("Front-Channel Logout §2, §3: the user signs out at the server itself")]
    public async Task oidcc_client_test_rp_frontchannel_opinitlogout()
    {
        await server.SignOutAsync(server.EndSessionEndpoint, alice.ServerCookies);
        Assert.That(app.Answered, Has.One.EqualTo("GET /logout/front 200"));
        await alice.RequireSignedOutAsync(app);
    }
}
