using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>One server's key set says nothing of another server's keys (RFC 7517 §5, RFC 8725 §3.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksParserTests
{
    [Test]
    [Description(
        "Threat: a malicious second server. It publishes the good one's n and e with a certificate of its own (x5c): neither does its own token verify, nor, from then on, one that it forges in the good one's name"
    )]
    public async Task A_certificate_beside_another_servers_key()
    {
        // Keys of its own: the attack needs that the good one was not used before in this process.
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

        Assert.That(await VerifiesAsync(Sign(evil, "evil"), evilSet), Is.False);
        Assert.That(await VerifiesAsync(Sign(evil, "good"), goodSet), Is.False);
        Assert.That(await VerifiesAsync(Sign(good, "good"), goodSet), Is.True);
    }

    [TestCase("""{"keys":"none"}""", "malformed")]
    [TestCase("""{"keys":[{"kty":1}]}""", "malformed")]
    [TestCase("too many", "more than 100 keys")]
    [Description("RFC 7517 §5: the message says what is wrong with the set; the next one may be better, so no grant is given up for it")]
    public void A_set_that_cannot_be_used(string set, string why)
    {
        if (set == "too many")
            set = SigningKeys.Set(Enumerable.Range(0, 101).Select(i => new JsonObject { ["kty"] = "RSA", ["kid"] = $"{i}" }));

        var exception = Assert.Throws<OAuthProtocolException>(() => JwksParser.Read(Encoding.UTF8.GetBytes(set)))!;

        Assert.That(exception.Message, Does.Contain("key set").And.Contain(why));
        Assert.That(exception.IsTransient, Is.True);
    }

    private static async Task<bool> VerifiesAsync(string compact, string set)
    {
        var token = UnverifiedJwt.Parse(compact, JwtType.IdToken, ["RS256"]);
        return await JwtSignature.VerifiesAsync(token, JwtSignature.Candidates(token, JwksParser.Read(Encoding.UTF8.GetBytes(set))));
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
