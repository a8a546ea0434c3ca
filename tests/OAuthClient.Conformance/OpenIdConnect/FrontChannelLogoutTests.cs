using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests the logout page of the server that loads a page of the application in a frame (OpenID Connect Front-Channel Logout).
/// </summary>
public sealed class FrontChannelLogoutTests
{
    private TestAuthorizationServer server = null!;
    private TestResourceServer api = null!;
    private WebApp app = null!;
    private Visitor alice = null!;

    [SetUp]
    public async Task StartAsync()
    {
        server = await TestAuthorizationServer.StartAsync(o => o.TimeProvider = new ManualTimeProvider());
        api = await server.StartResourceServerAsync();
        app = await WebApp.StartAsync(server, api, frontChannel: true);
        alice = new(server);
        await alice.SignInAsync(app);
        alice.SendIntoFrames(app);
    }

    [TearDown]
    public async Task StopAsync()
    {
        alice.Dispose();
        await app.DisposeAsync();
        await api.DisposeAsync();
        await server.DisposeAsync();
    }

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
