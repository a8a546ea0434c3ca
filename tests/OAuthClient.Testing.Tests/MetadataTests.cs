using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the authorization server metadata.</summary>
[TestFixture]
internal sealed class MetadataTests
{
    [TestCase(null, "/.well-known/oauth-authorization-server", true, Description = "RFC 8414 §3")]
    [TestCase(null, "/.well-known/openid-configuration", true, Description = "OpenID Connect Discovery §4")]
    [TestCase(
        "/tenants/one",
        "/.well-known/oauth-authorization-server/tenants/one",
        true,
        Description = "RFC 8414 §3.1: the well-known name is inserted before the path"
    )]
    [TestCase(
        "/tenants/one",
        "/tenants/one/.well-known/openid-configuration",
        true,
        Description = "OpenID Connect Discovery §4.1: the well-known name is appended to the path"
    )]
    [TestCase("/tenants/one", "/tenants/one/.well-known/oauth-authorization-server", false)]
    [TestCase("/tenants/one", "/.well-known/oauth-authorization-server", false)]
    [TestCase("/tenants/one", "/.well-known/openid-configuration", false)]
    public async Task Metadata_are_available_at_the_two_well_known_addresses_only(string? pathBase, string path, bool found)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.PathBase = pathBase);

        using HttpResponseMessage response = await bed.GetAsync(new Uri(bed.Server.Issuer, path));

        Assert.That(response.StatusCode, Is.EqualTo(found ? HttpStatusCode.OK : HttpStatusCode.NotFound));
        if (found)
        {
            JsonObject metadata = await TestBed.JsonAsync(response, HttpStatusCode.OK);
            Assert.That(
                (string?)metadata["issuer"],
                Is.EqualTo(bed.Server.Issuer.OriginalString),
                "RFC 8414 §3.3: the issuer is identical"
            );
        }
    }

    [Test, Description("RFC 8414 §2, RFC 9207 §3: the metadata contain the endpoints and capabilities")]
    public async Task Metadata_describe_the_endpoints_and_capabilities()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.SigningAlgorithm = "ES256");

        JsonObject metadata = await MetadataAsync(bed);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(bed.Server.Issuer.OriginalString, Does.Match("^http://127\\.0\\.0\\.1:\\d+$"));
            Assert.That((string?)metadata["authorization_endpoint"], Is.EqualTo(bed.Server.AuthorizationEndpoint.AbsoluteUri));
            Assert.That((string?)metadata["token_endpoint"], Is.EqualTo(bed.Server.TokenEndpoint.AbsoluteUri));
            Assert.That((string?)metadata["revocation_endpoint"], Is.EqualTo(bed.Server.RevocationEndpoint.AbsoluteUri));
            Assert.That((string?)metadata["userinfo_endpoint"], Is.EqualTo(bed.Server.UserInfoEndpoint.AbsoluteUri));
            Assert.That((string?)metadata["jwks_uri"], Is.EqualTo(bed.Server.JwksUri.AbsoluteUri));
            Assert.That(metadata["code_challenge_methods_supported"]!.ToJsonString(), Is.EqualTo("""["S256"]"""));
            Assert.That(
                metadata["response_modes_supported"]!.ToJsonString(),
                Is.EqualTo("""["query","form_post","jwt","query.jwt","form_post.jwt"]""")
            );
            Assert.That(
                metadata["id_token_signing_alg_values_supported"]!.ToJsonString(),
                Does.StartWith("""["RS256",""").And.Contain("ES256"),
                "RS256 is mandatory"
            );
            Assert.That((bool)metadata["authorization_response_iss_parameter_supported"]!, Is.True);
        }
    }

    [Test, Description("RFC 9207 §2, §3: iss is advertised if and only if it is sent")]
    public async Task Issuer_in_authorization_responses_can_be_disabled()
    {
        await using TestBed bed = await TestBed.StartAsync();

        bed.Server.Options.SendIss = false;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((bool)(await MetadataAsync(bed))["authorization_response_iss_parameter_supported"]!, Is.False);
            Assert.That(TestBed.Query(await bed.SignInAsync()), Does.Not.ContainKey("iss"));
        }
    }

    [Test, Description("With PathBase, the issuer and the endpoints contain the path")]
    public async Task Code_flow_works_with_a_path_base()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.PathBase = "/tenants/one");

        JsonObject tokens = await bed.TokensAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(bed.Server.Issuer.AbsolutePath, Is.EqualTo("/tenants/one"));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("tenants")]
    [TestCase("/")]
    [TestCase("/tenants/")]
    [Description("PathBase must start with a slash and must not end with one")]
    public void Invalid_path_base_is_rejected_at_the_start(string pathBase) =>
        Assert.That(() => TestAuthorizationServer.StartAsync(options => options.PathBase = pathBase), Throws.ArgumentException);

    [Test]
    public async Task Delegate_can_change_the_metadata()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            options.OnMetadata = metadata => metadata["issuer"] = "https://evil.example.com"
        );

        Assert.That((string?)(await MetadataAsync(bed))["issuer"], Is.EqualTo("https://evil.example.com"));
    }

    private static async Task<JsonObject> MetadataAsync(TestBed bed) =>
        await TestBed.JsonAsync(
            await bed.GetAsync(new Uri(bed.Server.Issuer, "/.well-known/oauth-authorization-server")),
            HttpStatusCode.OK
        );
}
