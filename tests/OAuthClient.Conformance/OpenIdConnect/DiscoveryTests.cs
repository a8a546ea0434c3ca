using Microsoft.Extensions.DependencyInjection;
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
    [Description(
        "OpenID Connect Discovery §4.3, RFC 8414 §3.3: the metadata are another issuer's, and nothing in them is used: not even the browser is sent anywhere"
    )]
    public async Task oidcc_client_test_discovery_issuer_mismatch()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RefusesAsync(
            Defect.MetadataWrongIssuer,
            "says that its issuer is 'https://attacker.example.com'",
            TestEndpoint.Metadata
        );
    }

    [Test]
    [Description("RFC 8414 §2: the metadata are nobody's")]
    public async Task Metadata_without_an_issuer()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RefusesAsync(Defect.MetadataMissingIssuer, "'nobody'", TestEndpoint.Metadata);
    }

    [Test]
    [Description("OpenID Connect Discovery §2.2.1, RFC 7033 §4: the issuer of an account, acct:")]
    public Task oidcc_client_test_discovery_webfinger_acct() => FindsAsync(server => $"acct:alice@{server.Authority}");

    [Test]
    [Description("OpenID Connect Discovery §2.2.2, RFC 7033 §4: the issuer of a web address")]
    public Task oidcc_client_test_discovery_webfinger_url() => FindsAsync(server => new Uri(server, "/alice").AbsoluteUri);

    [TestCase("http://attacker.example.com")]
    [TestCase("https://attacker.example.com?tenant=1")]
    [TestCase("javascript:alert(1)")]
    [TestCase(null)]
    [Description("OpenID Connect Discovery §2: an issuer is an https address without query; whatever else is named, nobody asks")]
    public async Task WebFinger_names_no_issuer(string? named)
    {
        await using var party = await StartWithWebFingerAsync();
        party.Server.Options.OnWebFinger = descriptor => descriptor["links"]![0]!["href"] = named;
        Assert.That(
            async () => await FindIssuerAsync(party, party.Server.Issuer.OriginalString),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("issuer")
        );
        Assert.That(party.Called, Is.EqualTo([TestEndpoint.WebFinger]));
    }

    [Test]
    [Description("Threat: SSRF by discovery. An address of this machine, where only public ones are allowed: not even a connection")]
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
    [Description("RFC 9700 §2.1.1, threat: PKCE downgrade. A server that offers only plain gets no authorization request")]
    public async Task Pkce_downgrade()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.Defect = Defect.MetadataOnlyPlainCodeChallenge);
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("S256"));
        Assert.That(party.Server.Requests.Select(request => request.Endpoint), Is.EqualTo([TestEndpoint.Metadata]));
        await party.EndedAtAsync(TestEndpoint.Metadata);
    }

    private static async Task FindsAsync(Func<Uri, string> identifier)
    {
        Uri? found = null;
        await using var party = await StartWithWebFingerAsync(o => o.Issuer = found);
        string typed = identifier(party.Server.Issuer);
        found = await FindIssuerAsync(party, typed);
        var request = party.Server.Requests.Single();
        Assert.That((request.Path, request.Query["resource"]), Is.EqualTo(("/.well-known/webfinger", typed)));
        Assert.That(request.Query["rel"], Is.EqualTo("http://openid.net/specs/connect/1.0/issuer"));
        var grant = await party.AcceptsAsync();
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
