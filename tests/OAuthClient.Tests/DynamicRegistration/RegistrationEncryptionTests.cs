using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests the registration of encryption keys and algorithms (OpenID Connect Dynamic Client Registration §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationEncryptionTests
{
    [Test]
    [Description("RFC 7591 §2, RFC 7517 §4: the public parts of all DecryptionKeys are sent in order, and no private member is sent")]
    public async Task The_public_keys_are_registered()
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var sent = await RegisteredAsync(keys: [DecryptionKeyTexts.Pem, DecryptionKeyTexts.Jwk(ec, "key-2")]);
        var keys = sent["jwks"]!["keys"]!.AsArray();
        Assert.That(keys.Select(key => (string?)key!["kty"]), Is.EqualTo(["RSA", "EC"]));
        Assert.That((string?)keys[1]!["kid"], Is.EqualTo("key-2"));
        foreach (var key in keys)
            Assert.That(key!.AsObject().Select(member => member.Key), Has.None.AnyOf("d", "p", "q", "dp", "dq", "qi", "oth", "k"));
        var numbers = DecryptionKeyTexts.Rsa.ExportParameters(includePrivateParameters: true);
        foreach (
            byte[]? secret in new[]
            {
                numbers.D,
                numbers.P,
                numbers.Q,
                numbers.DP,
                numbers.DQ,
                numbers.InverseQ,
                ec.ExportParameters(includePrivateParameters: true).D,
            }
        )
            Assert.That(sent.ToJsonString(), Does.Not.Contain(System.Buffers.Text.Base64Url.EncodeToString(secret)));
    }

    [TestCase("RSA", null, "RSA-OAEP-256")]
    [TestCase("RSA", "RSA-OAEP", "RSA-OAEP")]
    [TestCase("EC", null, "ECDH-ES+A128KW")]
    [Description("OpenID Connect Dynamic Client Registration §2: the encryption algorithms of ID Tokens follow from the first key")]
    public async Task The_algorithms_follow_from_the_first_key(string kind, string? keysOwn, string registered)
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var key = JsonNode.Parse(kind == "RSA" ? DecryptionKeyTexts.Jwk(DecryptionKeyTexts.Rsa) : DecryptionKeyTexts.Jwk(ec))!;
        if (keysOwn is not null)
            key["alg"] = keysOwn;
        var sent = await RegisteredAsync(keys: [key.ToJsonString()]);
        Assert.That((string?)sent["id_token_encrypted_response_alg"], Is.EqualTo(registered));
        Assert.That((string?)sent["id_token_encrypted_response_enc"], Is.EqualTo("A128CBC-HS256"));
    }

    [Test]
    [Description("RFC 7591 §2: configured metadata overrides the derived one; jwks is not sent with jwks_uri, nor enc without alg")]
    public async Task Configured_metadata_overrides_derived_metadata()
    {
        var sent = await RegisteredAsync(
            keys: [DecryptionKeyTexts.Pem],
            metadata: new()
            {
                ["jwks_uri"] = "https://app.example/keys",
                ["id_token_encrypted_response_alg"] = "RSA-OAEP",
                ["id_token_encrypted_response_enc"] = "A256GCM",
            }
        );
        Assert.That(sent.ContainsKey("jwks"), Is.False);
        Assert.That(
            ((string?)sent["id_token_encrypted_response_alg"], (string?)sent["id_token_encrypted_response_enc"]),
            Is.EqualTo(("RSA-OAEP", "A256GCM"))
        );

        sent = await RegisteredAsync(keys: [DecryptionKeyTexts.Pem], metadata: new() { ["id_token_encrypted_response_alg"] = null });
        Assert.That(sent.ContainsKey("jwks"), Is.True);
        Assert.That(sent["id_token_encrypted_response_alg"], Is.Null);
        Assert.That(sent.ContainsKey("id_token_encrypted_response_enc"), Is.False);
    }

    [Test]
    [Description("Encryption algorithms are sent only with the scope openid, and keys only if there are any")]
    public async Task Unused_metadata_is_not_sent()
    {
        var sent = await RegisteredAsync(keys: [DecryptionKeyTexts.Pem], scope: "photos");
        Assert.That(sent.ContainsKey("jwks"), Is.True);
        Assert.That(sent.ContainsKey("id_token_encrypted_response_alg"), Is.False);
        Assert.That(
            (await RegisteredAsync(keys: [])).Select(member => member.Key),
            Has.None.AnyOf("jwks", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc")
        );
    }

    [Test]
    [Description("RFC 7592 §2.2: an update sends the current keys, and no encryption algorithm when there are none")]
    public async Task An_update_sends_the_current_keys()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using (var before = server.Node(store, options: o => Options(o, [DecryptionKeyTexts.Pem], "openid")))
            await before.Services.GetRequiredService<DynamicRegistration>().RegisterAsync();
        Assert.That(server.Of("client-1").ContainsKey("jwks"), Is.True);
        await using var after = server.Node(store, options: o => Options(o, [], "openid"));
        await after.Services.GetRequiredService<DynamicRegistration>().UpdateAsync();
        Assert.That(
            server.Of("client-1").Select(member => member.Key),
            Has.None.AnyOf("jwks", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc")
        );
    }

    private static async Task<JsonObject> RegisteredAsync(string[] keys, string scope = "openid", JsonObject? metadata = null)
    {
        RegisteringServer server = new();
        await using var node = server.Node(dynamic: o => o.Metadata = metadata ?? [], options: o => Options(o, keys, scope));
        await node.Services.GetRequiredService<DynamicRegistration>().RegisterAsync();
        return JsonNode.Parse(server.RequestsTo("/register").Single().Body)!.AsObject();
    }

    private static void Options(OAuthClientOptions o, string[] keys, string scope)
    {
        (o.DecryptionKeys, o.Scopes) = (keys, [scope]);
        (o.Issuer, o.JwksUri) = (new(ScriptedServer.Origin), new(ScriptedServer.Origin + "/jwks"));
    }
}
