using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>
/// Tests clients that authenticate by assertions (RFC 7523), pushed (RFC 9126) and signed (RFC 9101) authorization requests, and signed
/// responses (JARM), at a certified server.
/// </summary>
[TestFixture]
public sealed class ClientAssertionTests
{
    [TestCase("PS256", ServerKind.OidcProvider)]
    [TestCase("RS256", ServerKind.OidcProvider)]
    [TestCase("ES256", ServerKind.OidcProvider)]
    [TestCase("PS256", ServerKind.OpenIddict)]
    [TestCase("ES256", ServerKind.OpenIddict)]
    [Description("OpenID Connect Core §9, RFC 7523 §2.2: private_key_jwt at the token, revocation and introspection endpoints")]
    public async Task With_a_private_key(string algorithm, ServerKind server)
    {
        string key = Key(algorithm);
        await using var party = await RelyingParty.StartAsync(Metadata(key, algorithm), o => Describe(o, key, algorithm), server: server);

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo("alice"));
        var refreshed = await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);
        Assert.That((await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(refreshed)).IsActive);
        await party.Client.RevokeAsync(RelyingParty.Owner);
    }

    [Test]
    [Description("OpenID Connect Core §9: client_secret_jwt")]
    public async Task With_a_secret_in_an_assertion()
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["token_endpoint_auth_method"] = "client_secret_jwt" },
            o => o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretJwt
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 9126 §6: a server that requires a pushed request of this client, with a secret and with a key")]
    public async Task Pushed([Values] bool hasKey, [Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        string key = Key("ES256");
        var metadata = hasKey ? Metadata(key, "ES256") : new JsonObject();
        metadata["require_pushed_authorization_requests"] = true;
        await using var party = await RelyingParty.StartAsync(
            metadata,
            o =>
            {
                if (hasKey)
                    Describe(o, key, "ES256");
                o.PushedAuthorization = PushedAuthorizationUse.WhenOffered;
            },
            server: server
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [TestCase("PS256", PushedAuthorizationUse.WhenRequired)]
    [TestCase("ES256", PushedAuthorizationUse.WhenRequired)]
    [TestCase("ES256", PushedAuthorizationUse.WhenOffered)]
    [Description("RFC 9101 §10.5: a signed request object, in the browser's address and pushed")]
    public async Task Signed_request(string algorithm, PushedAuthorizationUse pushed)
    {
        string key = Key(algorithm);
        var metadata = Metadata(key, algorithm);
        metadata["request_object_signing_alg"] = algorithm;
        metadata["require_signed_request_object"] = true;
        await using var party = await RelyingParty.StartAsync(
            metadata,
            o =>
            {
                Describe(o, key, algorithm);
                o.SignedAuthorizationRequests = true;
                o.PushedAuthorization = pushed;
            }
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [TestCase("jwt", "RS256")]
    [TestCase("query.jwt", "PS256")]
    [TestCase("form_post.jwt", "ES256")]
    [Description("JWT Secured Authorization Response Mode §2.3: the response is signed, in the address and in a form")]
    public async Task Signed_response(string mode, string algorithm)
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["authorization_signed_response_alg"] = algorithm, ["id_token_signed_response_alg"] = algorithm },
            o => (o.ResponseMode, o.IdTokenSigningAlgorithms) = (mode, [algorithm])
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 7591 §2: a client that registers itself registers its public key")]
    public async Task A_client_registers_its_key()
    {
        string key = Key("ES256");
        await using var party = await RelyingParty.StartUnregisteredAsync(
            o => o.InitialAccessToken = "an-initial-access-token",
            o => Describe(o, key, "ES256")
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    internal static void Describe(OAuthClientOptions o, string key, string algorithm)
    {
        o.ClientSecret = null;
        o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt;
        (o.ClientAssertion.PrivateKey, o.ClientAssertion.Algorithm) = (key, algorithm);
    }

    internal static JsonObject Metadata(string key, string algorithm)
    {
        var jwk = JsonNode.Parse(SigningKey.Parse(key, algorithm).PublicJwk)!.AsObject();
        (jwk["use"], jwk["alg"], jwk["kid"]) = ("sig", algorithm, "key-1");
        return new()
        {
            ["token_endpoint_auth_method"] = "private_key_jwt",
            ["token_endpoint_auth_signing_alg"] = algorithm,
            ["client_secret"] = null,
            ["jwks"] = new JsonObject { ["keys"] = new JsonArray(jwk) },
        };
    }

    internal static string Key(string algorithm)
    {
        if (algorithm.StartsWith('E'))
        {
            using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return ec.ExportPkcs8PrivateKeyPem();
        }
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKeyPem();
    }
}
