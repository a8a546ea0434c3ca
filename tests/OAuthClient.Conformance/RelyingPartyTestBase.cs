namespace OAuthClient.Conformance;

/// <summary>Starts a server, a client that is registered there and an API before each test, and stops them afterwards.</summary>
public abstract class RelyingPartyTestBase
{
    private protected RelyingParty party = null!;

    [SetUp]
    public async Task StartAsync() => party = await StartPartyAsync();

    [TearDown]
    public async Task StopAsync() => await party.DisposeAsync();

    private protected virtual Task<RelyingParty> StartPartyAsync() => RelyingParty.StartAsync();
}
