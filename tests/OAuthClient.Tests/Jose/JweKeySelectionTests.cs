using System.Security.Cryptography;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>Tests which of the client's keys decrypts a JWT (RFC 7516 §4.1.6, RFC 7517 §4.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JweKeySelectionTests
{
    private const string Inside = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";
    private static readonly RSA Rsa = DecryptionKeyTexts.Rsa;
    private static readonly Lazy<RSA> AnotherRsa = new(() => RSA.Create(2048));

    [Test]
    [Description("RFC 7516 §4.1.6: kid selects the key; keys without a kid are always tried; without kid in the header each key is tried")]
    public void The_kid_selects_the_key()
    {
        string right = DecryptionKeyTexts.Jwk(Rsa, "right");
        string wrong = DecryptionKeyTexts.Jwk(AnotherRsa.Value, "wrong");
        string named = TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM", kid: "right");

        Assert.That(Open(named, wrong, right), Is.EqualTo(Inside));
        Assert.That(Open(named, wrong, DecryptionKeyTexts.Pem), Is.EqualTo(Inside));
        Assert.That(Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM"), wrong, right), Is.EqualTo(Inside));
        Assert.That(() => Open(named, wrong), Refusal("None of the DecryptionKeys", "kid 'right'"));
        Assert.That(() => Open(named, DecryptionKeyTexts.Jwk(Rsa, "RIGHT")), Refusal("None of the DecryptionKeys"));
    }

    [Test]
    [Description("RFC 7517 §4.4: a key with alg is used only for that algorithm, and a key of another type is not used")]
    public void A_key_for_another_algorithm_is_not_tried()
    {
        var jwk = JsonNode.Parse(DecryptionKeyTexts.Jwk(Rsa))!.AsObject();
        jwk["alg"] = "RSA-OAEP-256";
        Assert.That(
            () => Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM"), jwk.ToJsonString()),
            Refusal("None of the DecryptionKeys")
        );
        Assert.That(Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP-256", "A128GCM"), jwk.ToJsonString()), Is.EqualTo(Inside));

        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        Assert.That(
            () => Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM"), DecryptionKeyTexts.Jwk(ec)),
            Refusal("None of the DecryptionKeys")
        );
        Assert.That(
            () => Open(TestJwe.Encrypt(Inside, ec, "ECDH-ES", "A128GCM"), DecryptionKeyTexts.Pem),
            Refusal("None of the DecryptionKeys")
        );
    }

    [Test]
    [Description("Without keys the message names the option to set, and an unencrypted token is returned unchanged")]
    public void Without_keys_an_encrypted_token_is_rejected()
    {
        Assert.That(() => Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM")), Refusal("DecryptionKeys is empty; set it"));
        Assert.That(Open(Inside), Is.SameAs(Inside));
        Assert.That(Open(Inside, DecryptionKeyTexts.Pem), Is.SameAs(Inside), "an unencrypted token is returned unchanged");
        Assert.That(
            () => Open(TestJwe.Encrypt(Inside, Rsa, "RSA-OAEP", "A128GCM") + " ", DecryptionKeyTexts.Pem),
            Refusal("not base64url")
        );
    }

    private static string Open(string compact, params string[] keys) =>
        JweDecryptor.Decrypt(compact, JwtType.IdToken, [.. keys.Select(DecryptionKey.Read)]);

    [Test]
    [Description("RFC 7516 §5.2: a failure that a replaced key may explain is transient, and the message names the algorithms and the kid")]
    public void A_failure_of_the_keys_is_transient()
    {
        string compact = TestJwe.Encrypt(Inside, AnotherRsa.Value, "RSA-OAEP", "A128GCM");

        var without = Assert.Throws<OAuthProtocolException>(() => JweDecryptor.Decrypt(compact, JwtType.IdToken, []))!;
        Assert.That(without.IsTransient, Is.True);
        Assert.That(without.Message, Does.Contain("DecryptionKeys"));
        var another = Assert.Throws<OAuthProtocolException>(() =>
            JweDecryptor.Decrypt(compact, JwtType.IdToken, [DecryptionKey.Read(DecryptionKeyTexts.Pem)])
        )!;
        Assert.That(another.IsTransient, Is.True);
        Assert.That(another.Message, Does.Contain("RSA-OAEP, A128GCM, kid 'none'"));
        string unnamed = TestKey.Encode("""{"enc":"A128GCM"}""") + compact[compact.IndexOf('.', StringComparison.Ordinal)..];
        Assert.That(
            () => JweDecryptor.Decrypt(unnamed, JwtType.IdToken, [DecryptionKey.Read(DecryptionKeyTexts.Pem)]),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contains("the alg 'none'")
                .And.Message.Contains("RSA-OAEP, RSA-OAEP-256, ECDH-ES")
        );
    }
}
