using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Starts a server, an API and the browser of alice before each test, and stops them afterwards.</summary>
public abstract class WebAppTestBase
{
    private protected TestAuthorizationServer server = null!;
    private protected TestResourceServer api = null!;
    private protected Visitor alice = null!;

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
}
