using System.Text.Json.Nodes;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Tests ID Tokens that the server signs with Ed25519 (OpenID Connect Core §3.1.3.7, RFC 8037 §3.1).</summary>
[TestFixture]
public sealed class IdTokenTests
{
    private const string NoKey = "None of the server's keys matches";

    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [Description("RFC 8037 §3.1, RFC 9864 §2.2: both names are accepted without configuration; the at_hash is validated with SHA-512")]
    public async Task Both_names_are_accepted(string algorithm)
    {
        await using var host = await ServerTokens.StartAsync(algorithm);

        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RS256 stays accepted beside Ed25519")]
    public async Task RS256_is_accepted()
    {
        await using var host = await ServerTokens.StartAsync("RS256");

        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [TestCase("RS256", "EdDSA", "add it to IdTokenSigningAlgorithms")]
    [TestCase("EdDSA", "Ed25519", "add it to IdTokenSigningAlgorithms")]
    [TestCase("EdDSA", "RS256", "allows only EdDSA")]
    [Description("OpenID Connect Core §3.1.3.7 (7): a configured list is the whole list, by exact name")]
    public async Task Only_configured_algorithms_are_accepted(string configured, string sent, string message)
    {
        await using var host = await ServerTokens.StartAsync(sent, o => o.IdTokenSigningAlgorithms = [configured]);

        Assert.That(
            async () => await host.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains($"allows only {configured}").And.Message.Contains(message)
        );
    }

    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [Description("Without the package the message names it and the call")]
    public async Task Without_the_package_the_message_names_it(string algorithm)
    {
        await using var host = await ServerTokens.StartAsync(algorithm, isRegistered: false);

        Assert.That(
            async () => await host.SignInAsync(),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contains("add the package OAuthClient.Ed25519 and call services.AddOAuthClientEd25519()")
        );
    }

    [TestCase(Defect.IdTokenBadSignature, "signature does not verify")]
    [TestCase(Defect.IdTokenUnknownKey, NoKey)]
    [TestCase(Defect.IdTokenWrongAccessTokenHash, "at_hash")]
    [TestCase(Defect.IdTokenHmacWithPublicKeyPem, "HS256")]
    [TestCase(Defect.IdTokenHmacWithPublicKeyJwk, "HS256")]
    [TestCase(Defect.IdTokenUnsigned, "none")]
    [Description("OpenID Connect Core §3.1.3.7, RFC 8725 §2.1: a token that this server did not sign is rejected")]
    public async Task A_defect_is_rejected(Defect defect, string message)
    {
        await using var host = await ServerTokens.StartAsync(server: o => o.Defect = defect);

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(message));
    }

    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [Description("RFC 7517 §4.5: keys with the same kid are told apart by alg, kty and use; unusable keys do not affect the others")]
    public async Task Keys_with_the_same_identifier_are_told_apart(string algorithm)
    {
        await using var host = await ServerTokens.StartAsync(
            algorithm,
            server: o => (o.PublishDecoyKeys, o.PublishMalformedKeys) = (true, true)
        );

        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [TestCase("alg", "ES256")]
    [TestCase("alg", "Ed25519")]
    [TestCase("use", "enc")]
    [TestCase("kty", "EC")]
    [TestCase("crv", "X25519")]
    [TestCase("crv", "Ed448")]
    [TestCase("crv", null)]
    [TestCase("x", null)]
    [TestCase("x", "AAAA")]
    [TestCase("x", SampleKeys.X + "AA")]
    [TestCase("x", "not base64url!")]
    [Description("RFC 7517 §4.2, §4.4, RFC 8037 §2: a key for another purpose, of another curve or of another length is not used")]
    public async Task Another_key_is_not_used(string member, string? value)
    {
        await using var host = await ServerTokens.StartWithKeyAsync(key => key[member] = value);

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(NoKey));
    }

    [TestCase("verify", true)]
    [TestCase("sign", false)]
    [TestCase("deriveBits", false)]
    [Description("RFC 7517 §4.3: key_ops")]
    public async Task The_operations_of_a_key_are_respected(string operation, bool isUsed)
    {
        await using var host = await ServerTokens.StartWithKeyAsync(key => key["key_ops"] = new JsonArray(operation));

        if (isUsed)
            Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
        else
            Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(NoKey));
    }

    [Test]
    [Description("A key of another pair and a key of small order verify nothing")]
    public async Task A_wrong_key_verifies_nothing([Values(SampleKeys.X, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] string publicKey)
    {
        await using var host = await ServerTokens.StartWithKeyAsync(key => key["x"] = publicKey);

        Assert.That(
            async () => await host.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signature does not verify")
        );
    }

    [Test]
    [Description("OpenID Connect Core §10.1: a key without kid, alg and use is tried; a rotated key is fetched")]
    public async Task A_key_without_optional_members_is_used_and_a_new_key_is_fetched()
    {
        await using var host = await ServerTokens.StartWithKeyAsync(key =>
        {
            foreach (string member in new[] { "kid", "alg", "use" })
                key.Remove(member);
        });
        host.Server.Options.SendKeyId = false;
        await host.SignInAsync();

        host.Server.RotateSigningKey(keepPrevious: false);
        host.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }
}
