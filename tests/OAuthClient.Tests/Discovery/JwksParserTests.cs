using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests that the keys of one server do not affect those of another (RFC 7517 §5, RFC 8725 §3.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksParserTests
{
    [Test]
    [Description(
        "Threat: a malicious second server publishes the first server's n and e with its own certificate (x5c). Neither "
            + "its tokens nor tokens that it forges for the first server verify"
    )]
    public void A_certificate_does_not_replace_another_servers_key()
    {
        // Separate keys: the attack requires that this process has not used the key before.
        using var good = RSA.Create(2048);
        using var evil = RSA.Create(2048);
        using var certificate = new CertificateRequest(
            "CN=evil",
            evil,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        ).CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var key = Jwk(good);
        string goodSet = SigningKeys.Set(key.DeepClone().AsObject());
        key["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData));
        string evilSet = SigningKeys.Set(key);

        Assert.That(Verifies(Sign(evil, "evil"), evilSet), Is.False);
        Assert.That(Verifies(Sign(evil, "good"), goodSet), Is.False);
        Assert.That(Verifies(Sign(good, "good"), goodSet), Is.True);
    }

    [TestCase("""{"keys":"none"}""", "malformed")]
    [TestCase("""{"keys":[{"kty":1}]}""", "malformed")]
    [TestCase("too many", "more than 100 keys")]
    [Description("RFC 7517 §5: the message states the defect, and the failure is transient, so no grant is removed")]
    public void An_unusable_key_set_is_rejected_with_its_reason(string set, string why)
    {
        if (set == "too many")
            set = SigningKeys.Set(Enumerable.Range(0, 101).Select(i => new JsonObject { ["kty"] = "RSA", ["kid"] = $"{i}" }));

        var exception = Assert.Throws<OAuthProtocolException>(() => JwksParser.Read(Encoding.UTF8.GetBytes(set)))!;

        Assert.That(exception.Message, Does.Contain("key set").And.Contain(why));
        Assert.That(exception.IsTransient, Is.True);
    }

    private static bool Verifies(string compact, string set)
    {
        var token = UnverifiedJwt.Parse(compact, JwtType.IdToken, ["RS256"]);
        return AsymmetricSignatureValidator.Verifies(
            token,
            AsymmetricSignatureValidator.Candidates(token, JwksParser.Read(Encoding.UTF8.GetBytes(set)))
        );
    }

    private static JsonObject Jwk(RSA key)
    {
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["kty"] = "RSA",
            ["kid"] = "k",
            ["n"] = System.Buffers.Text.Base64Url.EncodeToString(numbers.Modulus),
            ["e"] = System.Buffers.Text.Base64Url.EncodeToString(numbers.Exponent),
        };
    }

    private static string Sign(RSA key, string issuer)
    {
        string input = TestKey.Encode("""{"alg":"RS256","kid":"k"}""") + "." + TestKey.Encode($$"""{"iss":"{{issuer}}","sub":"alice"}""");
        return input
            + "."
            + System.Buffers.Text.Base64Url.EncodeToString(
                key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            );
    }
}
