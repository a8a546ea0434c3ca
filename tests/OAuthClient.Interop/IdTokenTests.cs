using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Tests ID Tokens with each supported signature and encryption, and across a rotation of the provider's keys.</summary>
[TestFixture]
public sealed class IdTokenTests
{
    [TestCase("RS256", ServerKind.OidcProvider)]
    [TestCase("PS256", ServerKind.OidcProvider)]
    [TestCase("ES256", ServerKind.OidcProvider)]
    [TestCase("HS256", ServerKind.OidcProvider)]
    [TestCase("HS256", ServerKind.Django)]
    [Description("OpenID Connect Core §3.1.3.7: signed with the algorithm that is registered for the client")]
    public async Task Signatures(string algorithm, ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["id_token_signed_response_alg"] = algorithm },
            o => o.IdTokenSigningAlgorithms = [algorithm],
            server: server
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo(party.Provider.Alice));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7: a valid signature with another algorithm than the registered one is rejected")]
    public async Task Another_signature()
    {
        await using var party = await RelyingParty.StartAsync(new() { ["id_token_signed_response_alg"] = "PS256" });

        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("PS256"));
        Assert.That(await party.Client.FindGrantAsync(RelyingParty.Owner), Is.Null);
    }

    [Test]
    [Description("OpenID Connect Core §10.1.1: the keys change between two logins, with and without the previous ones in the key set")]
    public async Task Key_rotation([Values] bool keepPrevious)
    {
        await using var provider = await CertifiedProvider.StartAsync();
        await using var party = await RelyingParty.StartAsync(provider: provider);
        await party.SignInAsync();

        await provider.RotateKeysAsync(keepPrevious);

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [TestCase("RSA-OAEP", "A128CBC-HS256")]
    [TestCase("RSA-OAEP-256", "A256GCM")]
    [TestCase("ECDH-ES", "A256CBC-HS512")]
    [TestCase("ECDH-ES+A128KW", "A128GCM")]
    [TestCase("ECDH-ES+A256KW", "A128CBC-HS256")]
    [Description("OpenID Connect Core §10.2, RFC 7516: signed, and encrypted for this client")]
    public async Task Encryption(string algorithm, string encryption)
    {
        ClientKey key = new(algorithm);
        await using var party = await RelyingParty.StartAsync(
            new()
            {
                ["id_token_encrypted_response_alg"] = algorithm,
                ["id_token_encrypted_response_enc"] = encryption,
                ["jwks"] = key.PublicSet,
            },
            o => o.DecryptionKeys = [key.Private]
        );

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.IdToken!.Reveal().Split('.'), Has.Length.EqualTo(3), "decrypted");
    }

    [Test]
    [Description("OpenID Connect Core §10.2: without the decryption key an encrypted ID Token is rejected, and the message says why")]
    public async Task Encryption_without_the_key()
    {
        await using var party = await RelyingParty.StartAsync(
            new()
            {
                ["id_token_encrypted_response_alg"] = "RSA-OAEP",
                ["id_token_encrypted_response_enc"] = "A128GCM",
                ["jwks"] = new ClientKey("RSA-OAEP").PublicSet,
            }
        );

        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("DecryptionKeys"));
    }

    [TestCase("RS256", null)]
    [TestCase("PS256", null)]
    [TestCase("ES256", null)]
    [TestCase("RS256", "RSA-OAEP")]
    [TestCase("ES256", "ECDH-ES")]
    [Description("OpenID Connect Core §5.3.2: userinfo as a signed JWT, and as an encrypted one")]
    public async Task Signed_userinfo(string algorithm, string? encryption)
    {
        JsonObject metadata = new() { ["userinfo_signed_response_alg"] = algorithm };
        ClientKey? key = encryption is null ? null : new(encryption);
        if (key is not null)
        {
            metadata["userinfo_encrypted_response_alg"] = encryption;
            metadata["userinfo_encrypted_response_enc"] = "A128CBC-HS256";
            metadata["jwks"] = key.PublicSet;
        }
        await using var party = await RelyingParty.StartAsync(
            metadata,
            o =>
            {
                o.IdTokenSigningAlgorithms = ["RS256", algorithm];
                if (key is not null)
                    o.DecryptionKeys = [key.Private];
            }
        );
        await party.SignInAsync();

        var alice = await party.Client.GetUserInfoAsync(RelyingParty.Owner);

        Assert.That(alice.Subject, Is.EqualTo("alice"));
        Assert.That(alice["name"], Is.EqualTo("Alice Ärmel"));
    }
}
