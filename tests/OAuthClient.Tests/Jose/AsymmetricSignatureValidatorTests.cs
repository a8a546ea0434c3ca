using System.Text;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;
using static OAuthClient.Tests.SignatureValidation;

namespace OAuthClient.Tests;

/// <summary>Tests signature verification (OpenID Connect Core §3.1.3.7, RFC 7515 §5.2, RFC 8725 §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AsymmetricSignatureValidatorTests
{
    private const string Claims = "{\"sub\":\"alice\"}";

    [TestCase("RS256")]
    [TestCase("RS384")]
    [TestCase("RS512")]
    [TestCase("PS256")]
    [TestCase("PS384")]
    [TestCase("PS512")]
    [TestCase("ES256")]
    [TestCase("ES384")]
    [TestCase("ES512")]
    [Description(
        "RFC 7518 §3.1: each supported algorithm verifies, and a change of one character of header, payload or signature is detected"
    )]
    public void Each_supported_algorithm_verifies_and_detects_every_change(string algorithm)
    {
        var key = TestKey.For(algorithm);
        string token = key.Sign(algorithm, Header(algorithm), Claims);
        var keys = TestKey.Set(key.Jwk(algorithm: algorithm));
        Require(token, keys, algorithm);

        string[] parts = token.Split('.');
        string[] tampered =
        [
            $"{TestKey.Encode(Header(algorithm, "\"x\":1"))}.{parts[1]}.{parts[2]}",
            $"{parts[0]}.{TestKey.Encode("{\"sub\":\"mallory\"}")}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            $"{parts[0]}.{parts[1]}.{parts[2][..^4]}",
            $"{parts[0]}.{parts[1]}.",
        ];
        foreach (string changed in tampered)
            Assert.That(() => Require(changed, keys, algorithm), Refusal("does not verify"), changed);
    }

    [Test]
    [Description("The tested algorithms are the supported ones, and HMAC algorithms use the client secret only")]
    public void The_tests_cover_all_supported_algorithms()
    {
        Assert.That(
            SignatureAlgorithms.Asymmetric,
            Is.EquivalentTo(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"])
        );
        Assert.That(SignatureAlgorithms.Symmetric, Is.EquivalentTo(["HS256", "HS384", "HS512"]));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (6): a signature with another server's key does not verify")]
    public void Another_key_does_not_verify() =>
        Assert.That(
            () => Require(TestKey.AnotherRsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(TestKey.Rsa.Jwk())),
            Refusal("does not verify")
        );

    [Test]
    [Description("RFC 8725 §3.1: a signature with one algorithm is not accepted as one with another, although the key is the same")]
    public void A_signature_with_another_algorithm_of_the_same_key_is_rejected()
    {
        string[] allowed = ["RS256", "PS256"];
        string token = TestKey.Rsa.Sign("PS256", Header("RS256"), Claims);

        Assert.That(() => Require(token, TestKey.Set(TestKey.Rsa.Jwk()), allowed), Refusal("does not verify"));
    }

    [TestCase("RS256", "PS256")]
    [TestCase("PS256", "RS256")]
    [TestCase("RS256", "rs256")]
    [Description("RFC 7517 §4.4: a key with alg is used only for that algorithm")]
    public void A_key_for_another_algorithm_is_not_a_candidate(string used, string named)
    {
        string token = TestKey.Rsa.Sign(used, Header(used), Claims);

        Assert.That(
            () => Require(token, TestKey.Set(TestKey.Rsa.Jwk(algorithm: named)), used),
            Refusal("None of the server's keys", used, "key-1")
        );
    }

    [TestCase("ES256", "nistP384")]
    [TestCase("ES384", "nistP256")]
    [TestCase("ES512", "nistP384")]
    [Description("RFC 7518 §3.4: each ES algorithm has one curve")]
    public void A_key_on_another_curve_is_not_a_candidate(string algorithm, string curve)
    {
        var key = TestKey.Ec(curve);

        Assert.That(Candidates(key.Sign(algorithm, Header(algorithm), Claims), TestKey.Set(key.Jwk()), algorithm), Is.Empty);
    }

    [TestCase("ES256")]
    [TestCase("RS256")]
    [Description("RFC 8725 §3.1: a key of another type is not a candidate")]
    public void A_key_of_another_type_is_not_a_candidate(string algorithm)
    {
        var other = algorithm == "ES256" ? TestKey.Rsa : TestKey.Ec("nistP256");

        Assert.That(
            Candidates(TestKey.For(algorithm).Sign(algorithm, Header(algorithm), Claims), TestKey.Set(other.Jwk()), algorithm),
            Is.Empty
        );
    }

    [Test]
    [Description("RFC 8725 §3.1: a symmetric key in the server's set verifies no ID Token")]
    public void A_symmetric_key_is_not_a_candidate()
    {
        var oct = new JsonObject
        {
            ["kty"] = "oct",
            ["k"] = TestKey.Encode("0123456789abcdef0123456789abcdef"),
            ["kid"] = "key-1",
            ["use"] = "sig",
        };

        Assert.That(Candidates(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(oct)), Is.Empty);
    }

    [TestCase("enc")]
    [TestCase("SIG")]
    [TestCase("other")]
    [Description("RFC 7517 §4.2: an encryption key verifies no signature")]
    public void A_key_of_another_use_is_ignored(string use) =>
        Assert.That(
            () => Require(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(TestKey.Rsa.Jwk(use: use))),
            Refusal("None of the server's keys")
        );

    [Test]
    [Description("RFC 7517 §4.2: use is optional")]
    public void A_key_without_use_is_tried() =>
        Require(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(TestKey.Rsa.Jwk(use: null)));

    [TestCase("verify", true)]
    [TestCase("sign,verify", true)]
    [TestCase("encrypt,wrapKey", false)]
    [TestCase("sign", false)]
    [Description("RFC 7517 §4.3: a key whose key_ops lacks verify verifies no signature")]
    public void A_key_for_other_operations_is_ignored(string operations, bool accepted)
    {
        var jwk = TestKey.Rsa.Jwk(use: null);
        jwk["key_ops"] = new JsonArray([.. operations.Split(',').Select(operation => JsonValue.Create(operation))]);

        Assert.That(
            Candidates(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(jwk)),
            accepted ? Has.Count.EqualTo(1) : Is.Empty
        );
    }

    [Test]
    [Description("RFC 7518 §3.3: 2048 bits or more")]
    public void A_weak_RSA_key_is_ignored() =>
        Assert.That(
            () => Require(TestKey.WeakRsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(TestKey.WeakRsa.Jwk())),
            Refusal("None of the server's keys")
        );

    [Test]
    [Description("RFC 7518 §3.3, §6.3.1.1: leading zeros of the modulus do not count")]
    public void A_weak_RSA_key_with_leading_zeros_is_ignored()
    {
        var jwk = TestKey.WeakRsa.Jwk();
        byte[] modulus = System.Buffers.Text.Base64Url.DecodeFromChars((string)jwk["n"]!);
        jwk["n"] = System.Buffers.Text.Base64Url.EncodeToString([.. new byte[128], .. modulus]);

        Assert.That(Candidates(TestKey.WeakRsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(jwk)), Is.Empty);
    }

    [TestCase("n", "***")]
    [TestCase("n", "")]
    [TestCase("n", null)]
    [TestCase("e", null)]
    [TestCase("e", "***")]
    [TestCase("kty", null)]
    [Description("RFC 7517 §5: a malformed key is ignored, and a valid key of the same set verifies")]
    public void A_malformed_key_does_not_affect_other_keys(string member, string? value)
    {
        var broken = TestKey.AnotherRsa.Jwk();
        broken[member] = value;
        if (value is null)
            broken.Remove(member);

        Require(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(broken, TestKey.Rsa.Jwk()));
    }

    [Test]
    [Description("RFC 7517 §5, RFC 7518 §6.2: a key whose point is not on the curve verifies no signature")]
    public void A_point_that_is_not_on_the_curve_does_not_affect_other_keys()
    {
        var key = TestKey.Ec("nistP256");
        var broken = key.Jwk();
        broken["y"] = broken["x"]!.DeepClone();
        string token = key.Sign("ES256", Header("ES256"), Claims);

        Assert.That(() => Require(token, TestKey.Set(broken.DeepClone().AsObject()), "ES256"), Refusal("does not verify"));
        Require(token, TestKey.Set(broken, key.Jwk()), "ES256");
    }

    [Test]
    [Description("RFC 8725 §3.10: keys come only from the server's set and never from the token's header")]
    public void A_key_or_an_address_in_the_header_is_ignored()
    {
        string jwk = TestKey.AnotherRsa.Jwk().ToJsonString();
        string[] tricks =
        [
            $"\"jwk\":{jwk}",
            "\"jku\":\"https://evil.example.com/jwks\"",
            "\"x5u\":\"https://evil.example.com/cert\"",
            "\"x5c\":[\"MIIB\"]",
        ];
        foreach (string trick in tricks)
        {
            Assert.That(
                () => Require(TestKey.AnotherRsa.Sign("RS256", Header("RS256", trick), Claims), TestKey.Set(TestKey.Rsa.Jwk())),
                Refusal("does not verify"),
                trick
            );
            Assert.That(
                () => Require(TestKey.Rsa.Sign("RS256", Header("RS256", trick), Claims), TestKey.Set(TestKey.Rsa.Jwk())),
                Throws.Nothing,
                "the header member has no effect"
            );
        }
    }

    [Test]
    [Description("RFC 8725 §2.1: no encoding of a public key is accepted as the HMAC secret")]
    public void HS256_with_the_public_key_is_rejected()
    {
        var jwk = TestKey.Rsa.Jwk();
        byte[][] secrets =
        [
            Encoding.UTF8.GetBytes(TestKey.Rsa.PublicPem),
            Encoding.UTF8.GetBytes(TestKey.Rsa.PublicPem + "\n"),
            Encoding.UTF8.GetBytes(jwk.ToJsonString()),
            System.Buffers.Text.Base64Url.DecodeFromChars((string)jwk["n"]!),
            Encoding.UTF8.GetBytes((string)jwk["n"]!),
        ];
        foreach (byte[] secret in secrets)
        {
            string token = TestKey.SignByHmac(secret, Header("HS256"), Claims);
            Assert.That(() => Parse(token), Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("signed with 'HS256'"));
            Assert.That(
                Candidates(TestKey.SignByHmac(secret, Header("RS256"), Claims), TestKey.Set(jwk.DeepClone().AsObject())),
                Has.Count.EqualTo(1)
            );
            Assert.That(
                () => Require(TestKey.SignByHmac(secret, Header("RS256"), Claims), TestKey.Set(jwk.DeepClone().AsObject())),
                Refusal("does not verify")
            );
        }
    }
}
