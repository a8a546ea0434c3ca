using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Where the server's endpoints are, and whether it is the one that was meant (OpenID Connect Discovery §4).</summary>
public sealed class DiscoveryTests
{
    [Test]
    [Description("OpenID Connect Discovery §4: of the server nothing is known but its issuer, whose path counts")]
    public async Task oidcc_client_test_discovery_openid_config()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.PathBase = "/tenants/one");
        await party.AcceptsAsync();
        await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        Assert.That(party.Server.Requests[0].Path, Is.EqualTo("/tenants/one/.well-known/openid-configuration"));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Metadata), Has.Count.EqualTo(1));
        Assert.That(party.Called, Does.Not.Contain(TestEndpoint.Other));
    }

    [Test]
    [Description("OpenID Connect Discovery §4.3, RFC 8414 §3.3: the metadata are another issuer's, and nothing in them is used: not even the browser is sent anywhere")]
    public async Task oidcc_client_test_discovery_issuer_mismatch()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RefusesAsync(Defect.MetadataWrongIssuer, "says that its issuer is 'https://attacker.example.com'", TestEndpoint.Metadata);
    }

    [Test]
    [Description("RFC 8414 §2: the metadata are nobody's")]
    public async Task Metadata_without_an_issuer()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RefusesAsync(Defect.MetadataMissingIssuer, "'nobody'", TestEndpoint.Metadata);
    }

    [Test]
    [Description("RFC 9700 §2.1.1, threat: PKCE downgrade. A server that offers only plain gets no authorization request")]
    public async Task Pkce_downgrade()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.Defect = Defect.MetadataOnlyPlainCodeChallenge);
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<ProtocolViolationException>().With.Message.Contains("S256"));
        Assert.That(party.Server.Requests.Select(request => request.Endpoint), Is.EqualTo([TestEndpoint.Metadata]));
        await party.EndedAtAsync(TestEndpoint.Metadata);
    }
}
