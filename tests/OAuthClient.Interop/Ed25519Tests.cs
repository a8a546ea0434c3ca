using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Ed25519;

namespace OAuthClient.Interop;

/// <summary>Tests Ed25519 (RFC 8037, RFC 9864) at a certified server, which implements it with OpenSSL.</summary>
[TestFixture]
public sealed class Ed25519Tests
{
    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [Description("OpenID Connect Core §3.1.3.7, §3.1.3.6: signed ID Tokens with at_hash, from an authorization and from a refresh")]
    public async Task Signatures(string algorithm)
    {
        await using var party = await StartAsync(new() { ["id_token_signed_response_alg"] = algorithm });

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo("alice"));
        await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);
    }

    [Test]
    [Description("Without the package the message names it")]
    public async Task Without_the_package()
    {
        await using var party = await RelyingParty.StartAsync(new() { ["id_token_signed_response_alg"] = "EdDSA" });

        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("add the package OAuthClient.Ed25519")
        );
    }

    [Test]
    [Description("JARM §2.3, OpenID Connect Core §5.3.2, RFC 9701 §5: the further JWTs of the server")]
    public async Task Responses()
    {
        await using var party = await StartAsync(
            new()
            {
                ["id_token_signed_response_alg"] = "EdDSA",
                ["authorization_signed_response_alg"] = "EdDSA",
                ["userinfo_signed_response_alg"] = "EdDSA",
                ["introspection_signed_response_alg"] = "EdDSA",
            },
            o => (o.ResponseMode, o.SignedIntrospectionResponses) = ("jwt", true)
        );
        await party.SignInAsync();

        Assert.That((await party.Client.GetUserInfoAsync(RelyingParty.Owner)).Subject, Is.EqualTo("alice"));
        var token = await party.Client.GetAccessTokenAsync(RelyingParty.Owner);
        Assert.That((await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(token)).IsActive);
    }

    [TestCase("EdDSA", false)]
    [TestCase("Ed25519", false)]
    [TestCase("EdDSA", true)]
    [Description("OpenID Connect Core §9, RFC 9101 §10.5: private_key_jwt and a signed request, with a key as PEM")]
    public async Task Client_key(string algorithm, bool signsRequests)
    {
        string pem = Pem();
        var jwk = JsonNode.Parse(Ed25519SigningKey.Parse(pem).PublicJwk)!.AsObject();
        (jwk["use"], jwk["alg"], jwk["kid"]) = ("sig", algorithm, "key-1");
        JsonObject metadata = new()
        {
            ["token_endpoint_auth_method"] = "private_key_jwt",
            ["token_endpoint_auth_signing_alg"] = algorithm,
            ["client_secret"] = null,
            ["jwks"] = new JsonObject { ["keys"] = new JsonArray(jwk) },
        };
        if (signsRequests)
            (metadata["request_object_signing_alg"], metadata["require_signed_request_object"]) = (algorithm, true);
        await using var party = await StartAsync(
            metadata,
            o =>
            {
                (o.ClientSecret, o.ClientAuthentication) = (null, ClientAuthenticationMethod.PrivateKeyJwt);
                (o.ClientAssertion.PrivateKey, o.ClientAssertion.Algorithm) = (pem, algorithm);
                o.SignedAuthorizationRequests = signsRequests;
            }
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
        await party.Client.RevokeAsync(RelyingParty.Owner);
    }

    private static Task<RelyingParty> StartAsync(JsonObject metadata, Action<OAuthClientOptions>? options = null) =>
        RelyingParty.StartAsync(metadata, options, builder => builder.Services.AddOAuthClientEd25519());

    // RFC 8410 §7
    private static string Pem() =>
        PemEncoding.WriteString(
            "PRIVATE KEY",
            [.. Convert.FromHexString("302E020100300506032B657004220420"), .. RandomNumberGenerator.GetBytes(32)]
        );
}
