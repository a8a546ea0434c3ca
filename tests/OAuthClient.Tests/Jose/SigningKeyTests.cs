using System.Security.Cryptography;

namespace OAuthClient.Tests;

/// <summary>Tests which text of a private key is recognized as an Ed25519 key (RFC 8037 §2, RFC 8410 §7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SigningKeyTests
{
    private const string Pem = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """;

    [TestCase(Pem)]
    [TestCase(""" {"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"AA"}""")]
    [Description("The message for an Ed25519 key names the package and what to call, and does not contain the key")]
    public void The_message_for_an_Ed25519_key_names_the_package(string text) =>
        Assert.That(
            () => SigningKey.Parse(text),
            Throws
                .TypeOf<FormatException>()
                .With.Message.EqualTo(
                    "The key is an Ed25519 key: add the package OAuthClient.Ed25519 and call services.AddOAuthClientEd25519(), or read it "
                        + "with Ed25519SigningKey.Parse of that package."
                )
        );

    [TestCase("""{"kty":"OKP","crv":"Ed448","d":"AA","x":"AA"}""")]
    [TestCase("""{"kty":"OKP","crv":"X25519","d":"AA","x":"AA"}""")]
    [TestCase("""{"kty":"EC","crv":"Ed25519","d":"AA","x":"AA"}""")]
    [TestCase("""{"kty":"OKP","crv":5}""")]
    [TestCase("""{"kty":"OKP","kty":"OKP","crv":"Ed25519"}""")]
    [TestCase("{")]
    [TestCase("")]
    [TestCase("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----")]
    [TestCase("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----")]
    [TestCase("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----")]
    [Description("Another key has the general message")]
    public void Another_key_has_the_general_message(string text) =>
        Assert.That(() => SigningKey.Parse(text), Throws.TypeOf<FormatException>().With.Message.StartsWith("The key is neither"));

    [Test]
    [Description("RSA and EC keys are no Ed25519 keys, in each form of PEM")]
    public void RSA_and_EC_keys_are_told_apart()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (string pem in new[] { rsa.ExportPkcs8PrivateKeyPem(), rsa.ExportRSAPrivateKeyPem(), ec.ExportECPrivateKeyPem() })
            Assert.That(PrivateKeyParser.IsEd25519(pem), Is.False);
        Assert.That(PrivateKeyParser.IsEd25519("A comment\r\n" + Pem));
    }
}
