using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests the parsing of private keys in the options and its error messages (RFC 7468, RFC 7517).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DecryptionKeyTests
{
    [Test]
    [Description("RFC 7517 §4: kid, alg and the curve of a JWK are read; a PEM key has only a curve")]
    public void The_properties_of_a_key_are_read()
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var jwk = JsonNode.Parse(DecryptionKeyTexts.Jwk(ec, "key-1"))!.AsObject();
        (jwk["use"], jwk["alg"]) = ("enc", "ECDH-ES");
        var read = DecryptionKey.Read("\n  " + jwk.ToJsonString());
        Assert.That((read.KeyId, read.Algorithm, read.Curve), Is.EqualTo(("key-1", "ECDH-ES", "P-384")));

        var pem = DecryptionKey.Read("a comment\n" + DecryptionKeyTexts.Pem);
        Assert.That((pem.KeyId, pem.Algorithm, pem.Curve), Is.EqualTo(((string?)null, (string?)null, (string?)null)));
        Assert.That(DecryptionKey.Read(DecryptionKeyTexts.Rsa.ExportRSAPrivateKeyPem()).Curve, Is.Null);
    }

    [Test]
    [Description("RFC 7517 §4, RFC 7518 §6.2.1, §6.3.1: the public JWK contains the public parameters and the key identifier only")]
    public void The_public_JWK_contains_no_private_member()
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);
        var written = JsonNode.Parse(DecryptionKeyTexts.Jwk(ec, "key-1"))!.AsObject();
        written["alg"] = "ECDH-ES";
        var jwk = DecryptionKey.Read(written.ToJsonString()).PublicJwk();
        Assert.That(jwk.Select(member => member.Key), Is.EquivalentTo(["kty", "crv", "x", "y", "use", "kid", "alg"]));
        foreach (string same in new[] { "kty", "crv", "x", "y", "kid", "alg" })
            Assert.That((string?)jwk[same], Is.EqualTo((string?)written[same]), same);

        var fromPem = DecryptionKey.Read(DecryptionKeyTexts.Pem).PublicJwk();
        var rsa = JsonNode.Parse(DecryptionKeyTexts.Jwk(DecryptionKeyTexts.Rsa))!;
        Assert.That(fromPem.Select(member => member.Key), Is.EquivalentTo(["kty", "n", "e", "use", "kid"]));
        Assert.That(
            ((string?)fromPem["n"], (string?)fromPem["e"], (string?)fromPem["use"]),
            Is.EqualTo(((string?)rsa["n"], (string?)rsa["e"], "enc"))
        );
    }

    [Test]
    [Description("RFC 7638 §3.1: a key without a kid is identified by its thumbprint, which is equal on every node")]
    public void The_default_kid_is_the_thumbprint()
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var jwk = DecryptionKey.Read(DecryptionKeyTexts.Jwk(ec)).PublicJwk();
        string members = $$"""{"crv":"P-256","kty":"EC","x":"{{jwk["x"]}}","y":"{{jwk["y"]}}"}""";
        Assert.That(
            (string?)jwk["kid"],
            Is.EqualTo(System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(members))))
        );
        Assert.That((string?)DecryptionKey.Read(ec.ExportPkcs8PrivateKeyPem()).PublicJwk()["kid"], Is.EqualTo((string?)jwk["kid"]));
    }

    private static IEnumerable<TestCaseData> Mistakes()
    {
        var rsa = DecryptionKeyTexts.Rsa;
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        const string Neither = "is neither a private RSA or EC key";
        yield return Case("none", null, "is empty");
        yield return Case("empty", " ", "is empty");
        yield return Case("text", "canary-secret", Neither);
        yield return Case("public PEM", rsa.ExportSubjectPublicKeyInfoPem(), Neither);
        yield return Case("public EC PEM", ec.ExportSubjectPublicKeyInfoPem(), Neither);
        yield return Case(
            "with a passphrase",
            rsa.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)),
            Neither
        );
        yield return Case("broken PEM", DecryptionKeyTexts.Pem.Replace("MII", "AAA", StringComparison.Ordinal), Neither);
        foreach (string member in new[] { "d", "p", "q", "dp", "dq", "qi", "n", "e", "kty" })
            yield return Case("RSA without " + member, Without(DecryptionKeyTexts.Jwk(rsa), member), Neither);
        foreach (string member in new[] { "d", "x", "y", "crv" })
            yield return Case("EC without " + member, Without(DecryptionKeyTexts.Jwk(ec), member), Neither);
        yield return Case("malformed JWK", DecryptionKeyTexts.Jwk(rsa)[..^1], Neither);
        yield return Case("octets", """{"kty":"oct","k":"AAAA"}""", Neither);
        yield return Case(
            "a number that is none",
            DecryptionKeyTexts.Jwk(ec).Replace("\"d\":\"", "\"d\":\"*", StringComparison.Ordinal),
            Neither
        );
        yield return Case(
            "for signatures",
            DecryptionKeyTexts.Jwk(rsa).Replace("{\"kty\"", "{\"use\":\"sig\",\"kty\"", StringComparison.Ordinal),
            "the use 'sig'"
        );
        using var weak = RSA.Create(1024);
        yield return Case("weak", weak.ExportPkcs8PrivateKeyPem(), "fewer than 2048 bits");

        static string Without(string jwk, string member)
        {
            var json = JsonNode.Parse(jwk)!.AsObject();
            json.Remove(member);
            return json.ToJsonString();
        }

        static TestCaseData Case(string name, string? written, string sentence) =>
            new TestCaseData(written, sentence).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Mistakes))]
    [Description("RFC 7517 §4, RFC 7518 §4.3, §6: each mistake has its own message, which contains no part of the key")]
    public void A_malformed_key_is_reported(string? written, string sentence)
    {
        var refusal = Assert.Throws<FormatException>(() => DecryptionKey.Read(written));
        Assert.That(refusal!.Message, Does.Contain(sentence).And.Not.Contain("canary").And.Not.Contain("MII"));
        Assert.That(refusal.InnerException, Is.Null);
    }

    [Test]
    [Description("RFC 7518 §6.3.1.1: numbers without leading zeros are padded to the length of the key")]
    public void Short_numbers_are_padded()
    {
        // About one key in 128 has such a number, so many new keys are tested.
        for (int i = 0; i < 64; i++)
        {
            using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);
            var jwk = JsonNode.Parse(DecryptionKeyTexts.Jwk(ec))!.AsObject();
            byte[] d = System.Buffers.Text.Base64Url.DecodeFromChars((string)jwk["d"]!);
            jwk["d"] = System.Buffers.Text.Base64Url.EncodeToString(d.AsSpan().TrimStart((byte)0));
            using var opened = DecryptionKey.Read(jwk.ToJsonString()).OpenEc();
            Assert.That(opened.ExportParameters(includePrivateParameters: true).D, Is.EqualTo(d));
        }
    }
}
