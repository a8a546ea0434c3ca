using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests Rich Authorization Requests (RFC 9396) at oidc-provider, which binds them to a resource.</summary>
[TestFixture]
public sealed class AuthorizationDetailsTests
{
    private const string Requested = """[{"type":"payment","actions":["initiate","status"],"amount":"5 €"}]""";
    private const string Granted = """[{"type":"payment","actions":["initiate","status"],"amount":"5 €","account":"DE02"}]""";
    private const string Part = """[{"type":"payment","actions":["status"]}]""";

    [TestCase(PushedAuthorizationUse.Never, false)]
    [TestCase(PushedAuthorizationUse.Always, false)]
    [TestCase(PushedAuthorizationUse.Never, true)]
    [TestCase(PushedAuthorizationUse.Always, true)]
    [Description("RFC 9396 §3, §7.1, §9.2: by query, pushed and signed; granted with more members; introspected")]
    public async Task Authorization(PushedAuthorizationUse pushed, bool isSigned)
    {
        const string Algorithm = "ES256";
        string key = ClientAssertionTests.Key(Algorithm);
        var metadata = isSigned ? ClientAssertionTests.Metadata(key, Algorithm) : [];
        if (isSigned)
            metadata["request_object_signing_alg"] = Algorithm;
        await using var party = await StartAsync(
            metadata,
            o =>
            {
                (o.PushedAuthorization, o.SignedAuthorizationRequests) = (pushed, isSigned);
                if (isSigned)
                    ClientAssertionTests.Describe(o, key, Algorithm);
            }
        );

        var grant = await party.SignInAsync();
        var introspected = await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(grant.AccessToken!);

        Expect(grant.AuthorizationDetails, Granted);
        Expect(grant.AccessToken!.AuthorizationDetails, Granted);
        Expect(introspected.AuthorizationDetails, Granted);
    }

    [Test]
    [Description("RFC 9396 §6: refreshes for all details and for a part of them; more than was granted is refused")]
    public async Task Refresh()
    {
        await using var party = await StartAsync();
        var grant = await party.SignInAsync();
        var grants = party.Services.GetRequiredService<OAuthClientGrants>();

        var part = await party.Client.GetAccessTokenAsync(
            RelyingParty.Owner,
            new() { AuthorizationDetails = AuthorizationDetails.Parse(Part) }
        );
        var all = await grants.RefreshAsync(RelyingParty.Owner);

        Expect(part.AuthorizationDetails, """[{"type":"payment","actions":["status"],"amount":"5 €","account":"DE02"}]""");
        Expect(all.AuthorizationDetails, Granted);
        Assert.That(all, Is.Not.EqualTo(grant.AccessToken));
        Assert.That(
            async () =>
                await party.Client.GetAccessTokenAsync(
                    RelyingParty.Owner,
                    new() { AuthorizationDetails = AuthorizationDetails.Parse("""[{"type":"payment","actions":["cancel"]}]""") }
                ),
            Throws.TypeOf<TokenEndpointException>().With.Property("Error").EqualTo("invalid_authorization_details")
        );
        Expect((await party.Client.FindGrantAsync(RelyingParty.Owner))!.AuthorizationDetails, Granted);
    }

    [Test]
    [Description("RFC 9396 §6: the client's own token")]
    public async Task Client_credentials()
    {
        await using var party = await StartAsync(new() { ["grant_types"] = new JsonArray("authorization_code", "client_credentials") });

        var token = await party.Client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["photos.read"] });

        Expect(token.AuthorizationDetails, Requested);
    }

    [Test]
    [Description("RFC 9396 §5: the provider's refusal; §10: a type that its metadata do not name fails at once")]
    public async Task Refusal()
    {
        await using var party = await StartAsync(options: o =>
            o.AuthorizationDetails = """[{"type":"payment","actions":[],"colour":"red"}]"""
        );

        Assert.That(
            async () => await party.SignInAsync(),
            Throws
                .TypeOf<AuthorizationResponseException>()
                .With.Property("Error")
                .EqualTo("invalid_authorization_details")
                .And.Property("ErrorDescription")
                .EqualTo("unknown members colour")
        );
        Assert.That(
            async () =>
                await party.Client.BeginAuthorizationAsync(
                    new() { AuthorizationDetails = AuthorizationDetails.Parse("""[{"type":"card"}]""") }
                ),
            Throws.TypeOf<OAuthException>().With.Message.Contains("the type 'card'. It supports 'payment'")
        );
        var metadata = await party.Services.GetRequiredService<OAuthClientGrants>().GetServerMetadataAsync();
        Assert.That(metadata.AuthorizationDetailsTypesSupported, Is.EqualTo(new[] { "payment" }));
    }

    private static Task<RelyingParty> StartAsync(JsonObject? metadata = null, Action<OAuthClientOptions>? options = null)
    {
        metadata ??= [];
        metadata["authorization_details_types"] = new JsonArray("payment");
        return RelyingParty.StartAsync(
            metadata,
            o =>
            {
                o.AuthorizationDetails = Requested;
                o.Scopes = ["openid", "offline_access", "photos.read"];
                o.Resources = [new("https://api.example.com/photos")];
                options?.Invoke(o);
            }
        );
    }

    private static void Expect(AuthorizationDetails? actual, string expected) =>
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(actual?.ToJson() ?? "null"), JsonNode.Parse(expected)), Is.True, actual?.ToJson());
}
