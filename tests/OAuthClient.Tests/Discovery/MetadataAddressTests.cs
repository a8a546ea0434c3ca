using OAuthClient.Testing;
using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>Tests metadata that is not at the well-known addresses, and endpoints of the options beside it (RFC 8414 §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MetadataAddressTests
{
    [Test]
    [Description("RFC 8414 §3: the metadata is fetched from MetadataAddress alone, and its issuer is still compared")]
    public async Task The_metadata_is_fetched_from_its_address()
    {
        await using var host = await StartAsync();
        await host.SignInAsync();
        var requested = host.Server.RequestsTo(TestEndpoint.Metadata);
        Assert.That(requested.Select(request => (request.Path, request.Query["version"])), Is.EqualTo(new[] { ("/metadata", "1") }));
    }

    [Test]
    [Description("RFC 8414 §3.3. Threat: issuer confusion. Metadata of another issuer is rejected at any address")]
    public async Task Another_issuer_is_rejected()
    {
        await using var host = await StartAsync(server: o => o.Defect = Defect.MetadataWrongIssuer);
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("must be identical")
        );
    }

    [Test]
    [Description(
        "RFC 8414 §2: an endpoint of the options overrides the discovered one, the token endpoint included; the rest is discovered"
    )]
    public async Task A_configured_token_endpoint_overrides_the_discovered_one()
    {
        await using var host = await StartAsync(
            o =>
            {
                o.TokenEndpoint = new(o.Issuer + "token");
                o.Scopes = ["openid"];
            },
            o => o.OnMetadata = metadata => metadata["token_endpoint"] = "https://internal.example.com/token"
        );
        var grant = await host.SignInAsync();
        await host.Client.RevokeAsync(grant.Owner);
        Assert.That(
            host.Server.Requests.Select(request => request.Endpoint).Distinct(),
            Is.SupersetOf(new[] { TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Token, TestEndpoint.Revocation })
        );
    }

    [Test]
    [Description("RFC 8414 §3: an address without metadata causes a message that names the option")]
    public async Task A_wrong_address_is_reported()
    {
        await using var host = await StartAsync(server: o => o.MetadataPath = "/other");
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.EndsWith("Check MetadataAddress.")
        );
        Assert.That(host.Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 8414 §3.3: MetadataAddress needs Issuer, is https, and is what to set if Issuer is the address of the metadata")]
    public void Mistakes_are_reported()
    {
        Uri address = new("https://server.example.com/.well-known/openid_configuration");
        Assert.That(Failures(o => o.MetadataAddress = address), Is.Empty);
        Assert.That(
            Failures(o => (o.Issuer, o.TokenEndpoint, o.MetadataAddress) = (null, new("https://server.example.com/t"), address)),
            Has.One.Contains("MetadataAddress needs Issuer")
        );
        Assert.That(
            Failures(o => o.MetadataAddress = new("http://server.example.com/m")),
            Has.One.Contains("MetadataAddress must use https")
        );
        Assert.That(Failures(o => o.Issuer = address), Has.One.Contains("set MetadataAddress"));
        Assert.That(
            Failures(o => (o.MetadataAddress, o.TokenEndpoint, o.Scopes) = (address, new("https://server.example.com/t"), ["openid"])),
            Is.Empty,
            "the keys are discovered"
        );
    }

    private static Task<OAuthTestHost> StartAsync(
        Action<OAuthClientOptions>? options = null,
        Action<TestAuthorizationServerOptions>? server = null
    ) =>
        OAuthTestHost.StartAsync(
            o =>
            {
                o.MetadataAddress = new(o.Issuer + "metadata?version=1");
                options?.Invoke(o);
            },
            server: o =>
            {
                o.MetadataPath = "/metadata";
                server?.Invoke(o);
            }
        );
}
