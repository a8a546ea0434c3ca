namespace OAuthClient.Conformance;

/// <summary>Starts a client and a server that both use the FAPI 2.0 Security Profile before each test.</summary>
public abstract class Fapi2TestBase : RelyingPartyTestBase
{
    private protected override Task<RelyingParty> StartPartyAsync() => Fapi2Party.StartAsync();
}
