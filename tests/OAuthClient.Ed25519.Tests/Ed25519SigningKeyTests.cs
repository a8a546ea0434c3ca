using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Tests Ed25519 private keys of a client (RFC 8037, RFC 8410).</summary>
[TestFixture]
public sealed class Ed25519SigningKeyTests
{
    [Test]
    [Description("RFC 8037 appendix A.1 to A.3: the private JWK has the public JWK and the thumbprint of the specification")]
    public void The_public_JWK_is_that_of_the_specification()
    {
        var key = Ed25519SigningKey.Parse(SampleKeys.PrivateJwk);

        Assert.That(key.PublicJwk, Is.EqualTo(SampleKeys.PublicJwk));
        Assert.That(
            Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key.PublicJwk))),
            Is.EqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        );
    }

    [Test]
    [Description("RFC 8037 appendix A.4: the signature of the specification")]
    public async Task The_signature_is_that_of_the_specification()
    {
        var key = Ed25519SigningKey.Parse(SampleKeys.PrivateJwk);
        byte[] input = Encoding.ASCII.GetBytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");

        string signature = Base64Url.EncodeToString(await key.SignAsync(input, CancellationToken.None));

        Assert.That(signature, Is.EqualTo("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
    }

    [TestCase(SampleKeys.Pem)]
    [TestCase(SampleKeys.PemWithPublicKey)]
    [TestCase(SampleKeys.PublicPem + "\n" + SampleKeys.Pem)]
    [TestCase("A comment\r\n" + SampleKeys.Pem + "\r\n\r\n")]
    [Description("RFC 8410 §7, §10.3: PEM with and without the public key")]
    public void A_PEM_is_read(string pem)
    {
        var key = Ed25519SigningKey.Parse(pem);

        Assert.That((key.Algorithm, key.KeyId, key.PublicJwk), Is.EqualTo(("EdDSA", (string?)null, SampleKeys.PublicJwkOfPem)));
    }

    [TestCase(null, null, "EdDSA")]
    [TestCase("Ed25519", null, "Ed25519")]
    [TestCase("EdDSA", null, "EdDSA")]
    [TestCase("Ed25519", "EdDSA", "EdDSA")]
    [Description("RFC 9864 §2.2: the algorithm has two names; a stated one takes precedence over that of the JWK")]
    public void The_algorithm_is_that_of_the_JWK_or_the_stated_one(string? ofJwk, string? stated, string expected)
    {
        string jwk = ofJwk is null ? SampleKeys.PrivateJwk : $$"""{"alg":"{{ofJwk}}","kid":"one",{{SampleKeys.PrivateJwk[1..]}}""";

        var key = Ed25519SigningKey.Parse(jwk, stated);

        Assert.That((key.Algorithm, key.KeyId), Is.EqualTo((expected, ofJwk is null ? null : "one")));
        Assert.That(Ed25519SigningKey.Parse(jwk, stated, "two").KeyId, Is.EqualTo("two"));
    }

    [TestCase("ES256")]
    [TestCase("Ed448")]
    [TestCase("eddsa")]
    [TestCase("")]
    [Description("RFC 8037 §3.1: the key signs with its algorithm only")]
    public void Another_algorithm_is_rejected(string algorithm)
    {
        Assert.That(
            () => Ed25519SigningKey.Parse(SampleKeys.Pem, algorithm),
            Throws.TypeOf<FormatException>().With.Message.Contains("EdDSA or Ed25519")
        );
        Assert.That(
            () => Ed25519SigningKey.Parse($$"""{"alg":"{{algorithm}}",{{SampleKeys.PrivateJwk[1..]}}"""),
            Throws.TypeOf<FormatException>()
        );
    }

    [TestCase($$"""{"kty":"OKP","crv":"Ed448","d":"{{SampleKeys.D}}","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"X25519","d":"{{SampleKeys.D}}","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"EC","crv":"Ed25519","d":"{{SampleKeys.D}}","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","d":"{{SampleKeys.D}}","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"{{SampleKeys.D}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"{{SampleKeys.D}}AA","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"AA","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"{{SampleKeys.D}}","x":"AA"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"{{SampleKeys.D}}","x":"{{SampleKeys.D}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":5,"x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"{{SampleKeys.D}}","d":"{{SampleKeys.D}}","x":"{{SampleKeys.X}}"}""")]
    [TestCase($$"""{"kty":"OKP","crv":"Ed25519","d":"{{SampleKeys.D}}","x":"{{SampleKeys.X}}" """)]
    [TestCase(SampleKeys.PublicPem)]
    [TestCase("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")]
    [TestCase("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----")]
    [TestCase("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [TestCase("")]
    [Description("RFC 8037 §2: another curve, a malformed key, and a public key that does not belong to the private key are rejected")]
    public void Another_key_is_rejected_without_repeating_it(string text)
    {
        var exception = Assert.Throws<FormatException>(() => Ed25519SigningKey.Parse(text))!;

        Assert.That(exception.Message, Does.StartWith("The ").And.Not.Contains(SampleKeys.D));
        Assert.That(exception.ToString(), Does.Not.Contain(SampleKeys.D));
    }

    [Test]
    [Description("RFC 8410 §7: a key of another type, or with a passphrase, is rejected")]
    public void A_PEM_of_another_type_is_rejected()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PbeParameters encryption = new(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);
        foreach (
            string pem in new[]
            {
                rsa.ExportPkcs8PrivateKeyPem(),
                rsa.ExportRSAPrivateKeyPem(),
                ec.ExportPkcs8PrivateKeyPem(),
                ec.ExportEncryptedPkcs8PrivateKeyPem("passphrase", encryption),
            }
        )
            Assert.That(() => Ed25519SigningKey.Parse(pem), Throws.TypeOf<FormatException>());
    }

    [Test]
    [Description("A signature verifies with the public key, from many threads at once")]
    public async Task A_new_key_signs()
    {
        var key = Ed25519SigningKey.Create();
        using var jwk = JsonDocument.Parse(key.PublicJwk);
        byte[] publicKey = Base64Url.DecodeFromChars(jwk.RootElement.GetProperty("x").GetString());
        NSecEd25519 verifier = new();

        await Parallel.ForAsync(
            0,
            100,
            async (i, cancellation) =>
            {
                byte[] data = BitConverter.GetBytes(i);
                byte[] signature = await key.SignAsync(data, cancellation);
                Assert.That(verifier.Verify(publicKey, data, signature));
            }
        );
        Assert.That(Ed25519SigningKey.Create().PublicJwk, Is.Not.EqualTo(key.PublicJwk));
    }

    [Test]
    [Description("The key is not in its text, and is not serialized")]
    public void A_key_is_not_shown()
    {
        var key = Ed25519SigningKey.Parse(SampleKeys.PrivateJwk);

        Assert.That(key.ToString(), Is.EqualTo("[redacted]"));
        Assert.That(() => JsonSerializer.Serialize(key), Throws.TypeOf<NotSupportedException>());
    }
}
