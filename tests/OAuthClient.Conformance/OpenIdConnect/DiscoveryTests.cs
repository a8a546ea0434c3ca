using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests discovery of the server's endpoints and validation of its issuer (OpenID Connect Discovery §4).</summary>
public sealed class DiscoveryTests
{
    [Test]
    [Description("OpenID Connect Discovery §4: only the issuer is configured, and its path is significant")]
    public async Task oidcc_client_test_discovery_openid_config()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.PathBase = "/tenants/one");
        await party.AcceptsLoginAsync();
        await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        Assert.That(party.Server.Requests[0].Path, Is.EqualTo("/tenants/one/.well-known/openid-configuration"));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Metadata), Has.Count.EqualTo(1));
        Assert.That(party.Called, Does.Not.Contain(TestEndpoint.Other));
    }

    [Test]
    [Description(
        "OpenID Connect Discovery §4.3, RFC 8414 §3.3: metadata of another issuer are not used: the browser is not redirected either"
    )]
    public async Task oidcc_client_test_discovery_issuer_mismatch()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RejectsAsync(Defect.MetadataWrongIssuer, "names the issuer 'https://attacker.example.com'", TestEndpoint.Metadata);
    }

    [Test]
    [Description("RFC 8414 §2: the metadata state no issuer")]
    public async Task Metadata_without_an_issuer()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RejectsAsync(Defect.MetadataMissingIssuer, "'none'", TestEndpoint.Metadata);
    }

    [Test]
    [Description("OpenID Connect Discovery §2.2.1, RFC 7033 §4: the issuer of an account with the acct scheme")]
    public Task oidcc_client_test_discovery_webfinger_acct() => FindsIssuerAsync(server => $"acct:alice@{server.Authority}");

    [Test]
    [Description("OpenID Connect Discovery §2.2.2, RFC 7033 §4: the issuer of a web address")]
    public Task oidcc_client_test_discovery_webfinger_url() => FindsIssuerAsync(server => new Uri(server, "/alice").AbsoluteUri);

    [TestCase("http://attacker.example.com")]
    [TestCase("https://attacker.example.com?tenant=1")]
    [TestCase("javascript:alert(1)")]
    [TestCase(null)]
    [Description("OpenID Connect Discovery §2: an issuer is an https address without a query; any other value is not requested")]
    public async Task WebFinger_result_is_not_an_issuer(string? href)
    {
        await using var party = await StartWithWebFingerAsync();
        party.Server.Options.OnWebFinger = descriptor => descriptor["links"]![0]!["href"] = href;
        Assert.That(
            async () => await FindIssuerAsync(party, party.Server.Issuer.OriginalString),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("issuer")
        );
        Assert.That(party.Called, Is.EqualTo([TestEndpoint.WebFinger]));
    }

    [Test]
    [Description("Threat: SSRF by discovery. If only public addresses are allowed, no connection to a loopback address is opened")]
    public async Task Private_addresses()
    {
        await using var party = await RelyingParty.StartAsync(
            o => (o.RefusePrivateAddresses, o.DangerouslyAllowHttpOnLoopback) = (true, false),
            server: o => o.UseTls = true
        );
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("RefusePrivateAddresses")
        );
        Assert.That(party.Server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 9700 §2.1.1, threat: PKCE downgrade. A server that supports only plain receives no authorization request")]
    public async Task Pkce_downgrade()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.Defect = Defect.MetadataOnlyPlainCodeChallenge);
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("S256"));
        Assert.That(party.Server.Requests.Select(request => request.Endpoint), Is.EqualTo([TestEndpoint.Metadata]));
        await party.RequireLastCallAsync(TestEndpoint.Metadata);
    }

    private static async Task FindsIssuerAsync(Func<Uri, string> identifier)
    {
        Uri? found = null;
        await using var party = await StartWithWebFingerAsync(o => o.Issuer = found);
        string typed = identifier(party.Server.Issuer);
        found = await FindIssuerAsync(party, typed);
        var request = party.Server.Requests.Single();
        Assert.That((request.Path, request.Query["resource"]), Is.EqualTo(("/.well-known/webfinger", typed)));
        Assert.That(request.Query["rel"], Is.EqualTo("http://openid.net/specs/connect/1.0/issuer"));
        var grant = await party.AcceptsLoginAsync();
        Assert.That(grant.Server, Is.EqualTo(party.Server.Issuer.OriginalString));
    }

    private static Task<RelyingParty> StartWithWebFingerAsync(Action<OAuthClientOptions>? options = null) =>
        RelyingParty.StartAsync(
            options,
            register: builder =>
                builder.Services.AddWebFinger(o => (o.DangerouslyAllowHttpOnLoopback, o.DangerouslyAllowPrivateAddresses) = (true, true))
        );

    private static Task<Uri> FindIssuerAsync(RelyingParty party, string typed) =>
        party.Services.GetRequiredService<WebFinger>().FindIssuerAsync(typed).Promptly();
}
