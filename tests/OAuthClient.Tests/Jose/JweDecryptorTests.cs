using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>Tests the decryption of JWTs with the client's keys (RFC 7516 §5.2, RFC 8725 §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JweDecryptorTests
{
    private const string Inside = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";
    private static readonly RSA Rsa = DecryptionKeyTexts.Rsa;
    private static readonly string[] RsaAlgorithms = ["RSA-OAEP", "RSA-OAEP-256"];
    private static readonly string[] EcAlgorithms = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"];
    private static readonly string[] Encryptions = ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"];

    [Test, Combinatorial]
    [Description("RFC 7518 §4.3, §5: each supported pair of algorithms is decrypted with an RSA key, as PEM and as JWK")]
    public void RSA_keys_decrypt(
        [ValueSource(nameof(RsaAlgorithms))] string algorithm,
        [ValueSource(nameof(Encryptions))] string encryption
    )
    {
        string compact = TestJwe.Encrypt(Inside, Rsa, algorithm, encryption);
        Assert.That(Open(compact, DecryptionKeyTexts.Pem), Is.EqualTo(Inside));
        Assert.That(Open(compact, DecryptionKeyTexts.Jwk(Rsa, "any")), Is.EqualTo(Inside));
    }

    [Test, Combinatorial]
    [Description("RFC 7518 §4.6, §5: each supported pair of algorithms is decrypted with an EC key of each curve, as PEM and as JWK")]
    public void EC_keys_decrypt(
        [ValueSource(nameof(EcAlgorithms))] string algorithm,
        [ValueSource(nameof(Encryptions))] string encryption,
        [Values("nistP256", "nistP384", "nistP521")] string curve
    )
    {
        using var key = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName(curve));
        string compact = TestJwe.Encrypt(Inside, key, algorithm, encryption);
        Assert.That(Open(compact, key.ExportPkcs8PrivateKeyPem()), Is.EqualTo(Inside));
        Assert.That(Open(compact, key.ExportECPrivateKeyPem()), Is.EqualTo(Inside));
        Assert.That(Open(compact, DecryptionKeyTexts.Jwk(key)), Is.EqualTo(Inside));
    }

    [Test]
    [Description("The tested algorithms are the supported ones")]
    public void The_tests_cover_all_supported_algorithms()
    {
        Assert.That(JweKeyDecryption.Algorithms, Is.EquivalentTo(RsaAlgorithms.Concat(EcAlgorithms)));
        Assert.That(JweContentDecryption.Algorithms, Is.EquivalentTo(Encryptions));
    }

    [TestCase(
        """{"kty":"EC","kid":"peregrin.took@tuckborough.example","use":"enc","crv":"P-384","""
            + """ "x":"YU4rRUzdmVqmRtWOs2OpDE_T5fsNIodcG8G5FWPrTPMyxpzsSOGaQLpe2FpxBmu2","""
            + """ "y":"A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL1ETP","""
            + """ "d":"iTx2pk7wW-GqJkHcEkFQb2EFyYcO7RugmaW3mRrQVAOUiPommT0IdnYK2xDlZh-j"}""",
        "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImtpZCI6InBlcmVncmluLnRvb2tAdHVja2Jvcm91Z2guZXhhbXBsZSIsImVwayI6eyJrdHkiOiJFQy"
            + "IsImNydiI6IlAtMzg0IiwieCI6InVCbzRrSFB3Nmtiang1bDB4b3dyZF9vWXpCbWF6LUdLRlp1NHhBRkZrYllpV2d1dEVLNml1RURzUTZ3TmRO"
            + "ZzMiLCJ5Ijoic3AzcDVTR2haVkMyZmFYdW1JLWU5SlUyTW84S3BvWXJGRHI1eVBOVnRXNFBnRXdaT3lRVEEtSmRhWTh0YjdFMCJ9LCJlbmMiOi"
            + "JBMTI4R0NNIn0.0DJjBXri_kBcC46IkU5_Jk9BqaQeHdv2.mH-G2zVqgztUtnW_.tkZuOO9h95OgHJmkkrfLBisku8rGf6nzVxhRM3sVOhXgz5"
            + "NJ76oID7lpnAi_cPWJRCjSpAaUZ5dOR3Spy7QuEkmKx8-3RCMhSYMzsXaEwDdXta9Mn5B7cCBoJKB0IgEnj_qfo1hIi-uEkUpOZ8aLTZGHfpl0"
            + "5jMwbKkTe2yK3mjF6SBAsgicQDVCkcY9BLluzx1RmC3ORXaM0JaHPB93YcdSDGgpgBWMVrNU1ErkjcMqMoT_wtCex3w03XdLkjXIuEr2hWgeP-"
            + "nkUZTPU9EoGSPj6fAS-bSz87RCPrxZdj_iVyC6QWcqAu07WNhjzJEPc4jVntRJ6K53NgPQ5p99l3Z408OUqj4ioYezbS6vTPlQ.WuGzxmcreYj"
            + "pHGJoa17EBg",
        TestName = "RFC 7520 §5.4"
    )]
    [TestCase(
        """{"kty":"EC","kid":"meriadoc.brandybuck@buckland.example","use":"enc","crv":"P-256","""
            + """ "x":"Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0","""
            + """ "y":"HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw","""
            + """ "d":"r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8"}""",
        "eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0BidWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6IkVDIiwiY3"
            + "J2IjoiUC0yNTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hIdE5rZFlvQSIsInkiOiI4QlFBc0ltR2VBUzQ2ZnlX"
            + "dzVNaFlmR1RUMElqQnBGdzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ..yc9N8v5sYyv3iGQT926IUg.BoDlwPnTypYq-iv"
            + "jmQvAYJLb5Q6l-F3LIgQomlz87yW4OPKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-1ZXvHteLDtw4R1XRGMEsDIqAYtskTTmzmzNa-_q4F_ev"
            + "APUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNNkpOMQKF1Cl8i8wjzRli7-IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le1r7URUhArM7"
            + "9BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeRb2Ni5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0DyUn1mn0WW5"
            + "LmyX_yJ-3AROq8p1WZBfG-ZyJ6195_JGG2m9Csg.WCCkNa-x4BeB9hIDIfFuhg",
        TestName = "RFC 7520 §5.5"
    )]
    [Description("The examples of RFC 7520 are decrypted")]
    public void The_examples_of_RFC_7520_are_decrypted(string key, string compact) =>
        Assert.That(Open(compact, key), Does.StartWith("You can trust us to stick with you").And.EndsWith("We are your friends, Frodo."));

    [Test]
    [Description("RFC 7518 appendix C: the derived key of the example, with apu and apv")]
    public void The_key_agreement_example_is_computed()
    {
        var header = StrictJson
            .TryParseObject(
                Encoding.UTF8.GetBytes(
                    """{"alg":"ECDH-ES","enc":"A128GCM","apu":"QWxpY2U","apv":"Qm9i","epk":{"kty":"EC","crv":"P-256","""
                        + """ "x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","""
                        + """ "y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}}"""
                )
            )!
            .Value;
        var bob = DecryptionKey.Read(
            """{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","""
                + """ "y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","""
                + """ "d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"""
        );
        Assert.That(
            System.Buffers.Text.Base64Url.EncodeToString(JweKeyDecryption.TryFind(header, "ECDH-ES", "A128GCM", [], bob)),
            Is.EqualTo("VqqN6vgjbSBcIijNcacQGg")
        );
    }

    [Test]
    [Description("RFC 7516 §5.2, §11.5: each changed or truncated part causes the same message, which does not state the failed step")]
    public void Every_change_causes_the_same_message([ValueSource(nameof(Encryptions))] string encryption, [Values] bool ec)
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        string[] parts = TestJwe.Encrypt(Inside, ec ? key : Rsa, ec ? "ECDH-ES+A256KW" : "RSA-OAEP-256", encryption).Split('.');
        string written = ec ? key.ExportPkcs8PrivateKeyPem() : DecryptionKeyTexts.Pem;
        HashSet<string> messages = [];
        for (int part = 1; part < 5; part++)
        {
            string text = parts[part];
            foreach (string changed in new[] { (text[0] == 'A' ? 'B' : 'A') + text[1..], text[..^4], text[4..], "", "A", text + "AAAA" })
            {
                string compact = string.Join('.', parts.Select((one, i) => i == part ? changed : one));
                var refusal = Assert.Throws<OAuthProtocolException>(() => Open(compact, written), $"part {part}: {changed}");
                messages.Add(refusal!.Message);
                Assert.That(refusal.InnerException, Is.Null);
            }
        }
        // The other header members are authenticated as well.
        var header = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0]))!.AsObject();
        header["more"] = true;
        parts[0] = TestKey.Encode(header.ToJsonString());
        messages.Add(Assert.Throws<OAuthProtocolException>(() => Open(string.Join('.', parts), written))!.Message);
        Assert.That(messages, Has.Count.EqualTo(1).And.All.Contains("None of the DecryptionKeys decrypts the ID Token"));
    }

    [TestCase("RSA1_5")]
    [TestCase("dir")]
    [TestCase("A128KW")]
    [TestCase("A256GCMKW")]
    [TestCase("PBES2-HS256+A128KW")]
    [TestCase("RSA-OAEP-512")]
    [TestCase("none")]
    [TestCase("rsa-oaep")]
    [Description(
        "RFC 8725 §3.2. Threat: JOSE bombs. Weak algorithms, and those whose work factor the sender chooses (p2c), are "
            + "rejected before any computation"
    )]
    public void An_unsupported_algorithm_is_rejected(string algorithm)
    {
        string compact = TestJwe.Encrypt(
            Inside,
            Rsa,
            "RSA-OAEP",
            "A128GCM",
            header: head =>
            {
                head["alg"] = algorithm;
                head["p2c"] = int.MaxValue;
                head["p2s"] = "AAAAAAAAAAA";
            }
        );
        Assert.That(() => Open(compact, DecryptionKeyTexts.Pem), Refusal($"alg '{algorithm}'"));
    }

    [TestCase("A128CBC")]
    [TestCase("A128CBC+HS256")]
    [TestCase("XC20P")]
    [TestCase("none")]
    [Description("RFC 7518 §5.1: only supported authenticated encryption is accepted")]
    public void An_unsupported_encryption_is_rejected(string encryption) =>
        Assert.That(
            () =>
                Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM", header: head => head["enc"] = encryption), DecryptionKeyTexts.Pem),
            Refusal($"enc '{encryption}'")
        );

    [TestCase("alg")]
    [TestCase("enc")]
    [Description("RFC 7516 §4.1.1, §4.1.2: alg and enc are required strings")]
    public void A_header_without_algorithms_is_rejected(string name)
    {
        Assert.That(
            () => Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM", header: head => head.Remove(name)), DecryptionKeyTexts.Pem),
            Refusal($"the {name} 'none'")
        );
        Assert.That(
            () => Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM", header: head => head[name] = 1), DecryptionKeyTexts.Pem),
            Refusal(name)
        );
    }

    [Test]
    [Description(
        "Threat: JOSE bombs. A long compressed token is rejected by its length, and a shorter one is not decompressed; "
            + "less than 5 MB is allocated"
    )]
    public void A_compressed_token_is_not_decompressed()
    {
        static void Zip(JsonObject head) => head["zip"] = "DEF";
        string shorter = TestJwe.Encrypt(new string('x', 60_000), Rsa, "RSA-OAEP", "A128GCM", header: Zip);
        string gigabyte = TestJwe.Encrypt(new string('x', 1024 * 1024), Rsa, "RSA-OAEP", "A128GCM", header: Zip);
        var keys = new[] { DecryptionKey.Read(DecryptionKeyTexts.Pem) };

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => JweDecryptor.Decrypt(shorter, JwtType.IdToken, keys), Refusal("zip"));
        Assert.That(
            () => UnverifiedJwt.Parse(JweDecryptor.Decrypt(gigabyte, JwtType.IdToken, keys), JwtType.IdToken, ["RS256"]),
            Refusal("longer than")
        );
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(5_000_000));
    }

    [Test]
    [Description("RFC 7516 §4.1.13: an extension in crit is not supported")]
    public void A_critical_extension_is_rejected() =>
        Assert.That(
            () =>
                Open(
                    TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM", header: head => head["crit"] = new JsonArray("exp")),
                    DecryptionKeyTexts.Pem
                ),
            Refusal("crit")
        );

    [TestCase("""{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}""")]
    [TestCase("""{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}""")]
    [TestCase("""{"kty":"OKP","crv":"X25519","x":"AAAA"}""")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":5}""")]
    [TestCase("""{"kty":"EC","crv":"P-256"}""")]
    [TestCase(
        """{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"}"""
    )]
    [TestCase("\"text\"")]
    [TestCase("null")]
    [Description(
        "RFC 7518 §4.6.1.1, RFC 8725 §2.3: an ephemeral key that is malformed or not on the curve causes the same message "
            + "as any other change"
    )]
    public void An_invalid_ephemeral_key_is_rejected(string epk)
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        string compact = TestJwe.Encrypt(Inside, key, "ECDH-ES", "A128GCM", header: head => head["epk"] = JsonNode.Parse(epk));
        Assert.That(() => Open(compact, DecryptionKeyTexts.Jwk(key)), Refusal("None of the DecryptionKeys"));
    }

    private static string Open(string compact, params string[] keys) =>
        JweDecryptor.Decrypt(compact, JwtType.IdToken, [.. keys.Select(DecryptionKey.Read)]);
}
