using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests encrypted ID Tokens and UserInfo responses.</summary>
[TestFixture]
internal sealed class EncryptionTests
{
    [TestCase("RSA-OAEP", "A128CBC-HS256")]
    [TestCase("RSA-OAEP", null)]
    [TestCase("RSA-OAEP-256", "A256GCM")]
    [TestCase("RSA-OAEP-256", "A192CBC-HS384")]
    [TestCase("RSA-OAEP-256", "A256CBC-HS512")]
    [TestCase("ECDH-ES", "A128CBC-HS256")]
    [TestCase("ECDH-ES", "A256CBC-HS512", Description = "RFC 7518 §4.6.2: the derivation has two rounds")]
    [TestCase("ECDH-ES", "A128GCM")]
    [TestCase("ECDH-ES+A128KW", "A128CBC-HS256")]
    [TestCase("ECDH-ES+A192KW", "A192GCM")]
    [TestCase("ECDH-ES+A256KW", "A256GCM")]
    [Description("OpenID Connect Core §10.2, RFC 7516 §5.2, RFC 7519 §5.2: an ID Token is signed and then encrypted to the client's key")]
    public async Task ID_Token_is_encrypted_to_the_key_of_the_client(string algorithm, string? content)
    {
        using AsymmetricAlgorithm key = algorithm.StartsWith("RSA", StringComparison.Ordinal)
            ? RSA.Create(2048)
            : ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "secret",
                RedirectUris = { TestBed.RedirectUri },
                IdTokenEncryptionAlgorithm = algorithm,
                IdTokenContentEncryptionAlgorithm = content,
                PublicKeys = KeySet(key),
            }
        );

        string token = (string)(await bed.TokensAsync(client))["id_token"]!;
        string inner = Jose.Decrypt(token, key);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(token.Split('.'), Has.Length.EqualTo(5));
            Assert.That((string?)Jose.Header(token)["alg"], Is.EqualTo(algorithm));
            Assert.That(
                (string?)Jose.Header(token)["enc"],
                Is.EqualTo(content ?? "A128CBC-HS256"),
                "OpenID Connect Registration §2: the default algorithm"
            );
            Assert.That((string?)Jose.Header(token)["cty"], Is.EqualTo("JWT"));
            Assert.That((string?)Jose.Header(token)["kid"], Is.EqualTo("client-key"));
            Assert.That(Jose.KeysThatVerify(inner, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That((string?)Jose.Claims(inner)["aud"], Is.EqualTo("photos"));
        }
    }

    [TestCase(521)]
    [TestCase(384)]
    [Description("RFC 7518 §6.2.1.1: ECDH-ES also supports keys on P-384 and P-521")]
    public async Task ID_Token_can_be_encrypted_with_other_curves(int bits)
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName("nistP" + bits));
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "secret",
                RedirectUris = { TestBed.RedirectUri },
                IdTokenEncryptionAlgorithm = "ECDH-ES",
                PublicKeys = KeySet(key),
            }
        );

        string inner = Jose.Decrypt((string)(await bed.TokensAsync(client))["id_token"]!, key);

        Assert.That((string?)Jose.Claims(inner)["aud"], Is.EqualTo("photos"));
    }

    [TestCase("A128GCM", null, "requires a valid encryption key")]
    [TestCase(null, "A128GCM", "requires an IdTokenEncryptionAlgorithm")]
    [TestCase("RSA1_5", null, "must be one of")]
    [TestCase("RSA-OAEP", "A128CBC", "must be one of")]
    [Description("AddClient rejects unsupported algorithms and a content encryption without a key encryption")]
    public async Task Unsupported_encryption_is_rejected(string? algorithm, string? content, string expectedMessage)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () =>
                bed.Server.AddClient(
                    new TestClient
                    {
                        ClientId = "photos",
                        IdTokenEncryptionAlgorithm = algorithm is "A128GCM" ? "ECDH-ES" : algorithm,
                        IdTokenContentEncryptionAlgorithm = content,
                        PublicKeys = new JsonObject
                        {
                            ["keys"] = new JsonArray(
                                new JsonObject { ["kty"] = "EC", ["use"] = "sig" },
                                new JsonObject { ["kty"] = "RSA" }
                            ),
                        },
                    }
                ),
            Throws.ArgumentException.With.Message.Contains(expectedMessage)
        );
    }

    [TestCase("RSA-OAEP", """{"kty":"RSA"}""")]
    [TestCase("RSA-OAEP", """{"kty":"RSA","n":"!","e":"AQAB"}""")]
    [TestCase("RSA-OAEP", """{"kty":7}""")]
    [TestCase("ECDH-ES", """{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}""")]
    [TestCase("ECDH-ES", """{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}""")]
    [TestCase("ECDH-ES", """{"kty":"EC"}""")]
    [Description("RFC 7518 §6: an invalid key is rejected at registration, not at the first login")]
    public async Task Invalid_key_is_rejected(string algorithm, string key)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () =>
                bed.Server.AddClient(
                    new TestClient
                    {
                        ClientId = "photos",
                        IdTokenEncryptionAlgorithm = algorithm,
                        PublicKeys = new JsonObject { ["keys"] = new JsonArray(JsonNode.Parse(key)) },
                    }
                ),
            Throws.ArgumentException.With.Message.Contains("requires a valid encryption key")
        );
    }

    [Test, Description("OpenID Connect Core §5.3.2: a signed UserInfo response contains iss and aud")]
    public async Task UserInfo_response_is_signed_for_a_client_with_a_signing_algorithm()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "secret",
                RedirectUris = { TestBed.RedirectUri },
                UserInfoSigningAlgorithm = "ES256",
            }
        );

        string token = await UserInfoAsync(bed, client);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()).Select(key => (string?)key["alg"]), Is.EqualTo(["ES256"]));
            Assert.That((string?)Jose.Claims(token)["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)Jose.Claims(token)["aud"], Is.EqualTo("photos"));
            Assert.That((string?)Jose.Claims(token)["sub"], Is.EqualTo("alice"));
            Assert.That((string?)Jose.Claims(token)["name"], Is.EqualTo("Alice Adams"));
        }
    }

    [TestCase("RS256")]
    [TestCase(null)]
    [Description("OpenID Connect Core §5.3.2: a UserInfo response is encrypted, with or without a signature")]
    public async Task UserInfo_response_is_encrypted_for_a_client_with_an_encryption_algorithm(string? signingAlgorithm)
    {
        using RSA key = RSA.Create(2048);
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "secret",
                RedirectUris = { TestBed.RedirectUri },
                UserInfoSigningAlgorithm = signingAlgorithm,
                UserInfoEncryptionAlgorithm = "RSA-OAEP-256",
                UserInfoContentEncryptionAlgorithm = "A256GCM",
                PublicKeys = KeySet(key),
            }
        );

        string token = await UserInfoAsync(bed, client);
        string inner = Jose.Decrypt(token, key);
        JsonObject claims = signingAlgorithm is null ? JsonNode.Parse(inner)!.AsObject() : Jose.Claims(inner);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)claims["sub"], Is.EqualTo("alice"));
            Assert.That((string?)Jose.Header(token)["cty"], Is.EqualTo(signingAlgorithm is null ? null : "JWT"));
            Assert.That((string?)Jose.Header(token)["enc"], Is.EqualTo("A256GCM"));
        }
    }

    private static JsonObject KeySet(AsymmetricAlgorithm key) => new() { ["keys"] = new JsonArray(Jose.PublicKey(key)) };

    private static async Task<string> UserInfoAsync(TestBed bed, TestClient client)
    {
        using HttpResponseMessage response = await bed.GetAsync(
            bed.Server.UserInfoEndpoint,
            (string)(await bed.TokensAsync(client))["access_token"]!
        );
        string body = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/jwt"));
        return body;
    }
}
