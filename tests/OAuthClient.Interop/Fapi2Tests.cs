using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>
/// Tests the FAPI 2.0 Security Profile and FAPI 2.0 Message Signing at oidc-provider, which then requires pushed requests of all clients,
/// assertions whose only audience is its issuer, and request objects with <c>nbf</c> and <c>exp</c>.
/// </summary>
[TestFixture]
public sealed class Fapi2Tests
{
    private const string Api = "the UserInfo endpoint";

    private static readonly Uri Photos = new("https://api.example.com/photos");

    [TestCase("PS256", false)]
    [TestCase("ES256", false)]
    [TestCase("PS256", true)]
    [TestCase("ES256", true)]
    [Description("FAPI 2.0 Security Profile §5.3.3; Message Signing §5.3.2, §5.4.2, §5.5.2: signed request, response and introspection")]
    public async Task From_authorization_to_api(string algorithm, bool signsMessages)
    {
        string key = ClientAssertionTests.Key(algorithm);
        await using var party = await StartAsync(
            Metadata(key, algorithm, signsMessages),
            o =>
            {
                ClientAssertionTests.Describe(o, key, algorithm);
                o.PushedAuthorization = PushedAuthorizationUse.Always;
                if (signsMessages)
                    (o.SignedAuthorizationRequests, o.ResponseMode, o.SignedIntrospectionResponses) = (true, "jwt", true);
            }
        );

        var grant = await party.SignInAsync();

        Assert.That((grant.Subject, grant.AccessToken!.TokenType), Is.EqualTo(("alice", "DPoP")));
        await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);
        Assert.That(await CallAsync(party), Is.EqualTo(HttpStatusCode.OK));
        var token = await party.Client.GetAccessTokenAsync(RelyingParty.Owner);
        Assert.That((await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(token)).IsActive);
        await party.Client.RevokeAsync(RelyingParty.Owner);
    }

    [Test]
    [Description("RFC 9126 §5: a server that requires pushed requests of all clients says so in its metadata, and the client follows")]
    public async Task Required_by_the_metadata()
    {
        string key = ClientAssertionTests.Key("ES256");
        await using var party = await StartAsync(
            Metadata(key, "ES256", signsMessages: false),
            o => ClientAssertionTests.Describe(o, key, "ES256")
        );

        var pending = await party.Client.BeginAuthorizationAsync();

        Assert.That(pending.AuthorizationUri.Query, Does.Contain("request_uri=").And.Not.Contains("redirect_uri="));
        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 9101 §10.5: a server that requires signed requests of all clients, pushed and with resources (RFC 8707)")]
    public async Task A_signed_request_is_required()
    {
        string key = ClientAssertionTests.Key("PS256");
        await using var provider = await CertifiedProvider.StartAsync(
            new()
            {
                ["pushedRequests"] = true,
                ["signedRequests"] = true,
                ["fapi"] = "2.0",
            }
        );
        await using var party = await StartAsync(
            Metadata(key, "PS256", signsMessages: true),
            o =>
            {
                ClientAssertionTests.Describe(o, key, "PS256");
                (o.SignedAuthorizationRequests, o.ResponseMode) = (true, "jwt");
                (o.Scopes, o.Resources) = (["openid", "offline_access", "photos.read"], [Photos]);
            },
            provider
        );

        await party.SignInAsync();
        var token = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { Resources = [Photos], Scopes = ["photos.read"] });

        Assert.That((token.Scopes.Single(), token.TokenType), Is.EqualTo(("photos.read", "DPoP")));
    }

    [Test]
    [Description("FAPI 2.0 Security Profile §5.3.2.1: the provider refuses an assertion for its token endpoint, so it checks the profile")]
    public async Task Another_audience()
    {
        string key = ClientAssertionTests.Key("ES256");
        await using var party = await StartAsync(
            Metadata(key, "ES256", signsMessages: false),
            o =>
            {
                ClientAssertionTests.Describe(o, key, "ES256");
                o.ClientAssertion.Audience = ClientAssertionAudience.TokenEndpoint;
            }
        );

        Assert.That(
            async () => await party.SignInAsync(),
            Throws.InstanceOf<EndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_client")
        );
    }

    private static JsonObject Metadata(string key, string algorithm, bool signsMessages)
    {
        var metadata = ClientAssertionTests.Metadata(key, algorithm);
        metadata["dpop_bound_access_tokens"] = true;
        metadata["id_token_signed_response_alg"] = algorithm;
        if (signsMessages)
        {
            metadata["request_object_signing_alg"] = algorithm;
            metadata["require_signed_request_object"] = true;
            metadata["authorization_signed_response_alg"] = algorithm;
            metadata["introspection_signed_response_alg"] = algorithm;
        }
        return metadata;
    }

    private static async Task<RelyingParty> StartAsync(JsonObject metadata, Action<OAuthClientOptions> options, Provider? provider = null)
    {
        provider ??= await SharedProviders.RequireFapi2Async();
        return await RelyingParty.StartAsync(
            metadata,
            o =>
            {
                o.DPoP.Enabled = true;
                o.IdTokenSigningAlgorithms = [(string)metadata["id_token_signed_response_alg"]!];
                options(o);
            },
            builder => builder.Services.AddHttpClient(Api).AddAccessTokenHandler(t => t.ForOwner(RelyingParty.Owner).To(provider.Issuer)),
            provider: provider
        );
    }

    private static async Task<HttpStatusCode> CallAsync(RelyingParty party)
    {
        using var http = party.Services.GetRequiredService<IHttpClientFactory>().CreateClient(Api);
        using var response = await http.GetAsync(new Uri(party.Provider.Issuer, "/me"));
        return response.StatusCode;
    }
}
