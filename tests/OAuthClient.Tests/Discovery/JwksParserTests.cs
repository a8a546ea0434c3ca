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
    [TestCase("""{"keys":null}""", "malformed")]
    [TestCase("{}", "malformed")]
    [TestCase("""{"keys":[],"keys":[]}""", "malformed")]
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

    [TestCase("5")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("\"key\"")]
    [TestCase("{}")]
    [TestCase("""{"kty":1}""")]
    [TestCase("""{"kty":"RSA"}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB"}""")]
    [TestCase("""{"kty":"RSA","n":"a b+c/d!","e":"AQAB","kid":"k"}""")]
    [TestCase("""{"kty":"RSA","n":null,"e":"AQAB","kid":"k"}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":5,"kid":"k"}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB","kid":7}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k","use":["sig"]}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k","key_ops":"verify"}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k","key_ops":[1]}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k","alg":true}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","n":"AQAB","e":"AQAB","kid":"k"}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k","kid":"k"}""")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":"AA","kid":"k"}""")]
    [TestCase("""{"kty":"EC","x":"AA","y":"AA","kid":"k"}""")]
    [TestCase("""{"kty":"EC","crv":5,"x":"AA","y":"AA","kid":"k"}""")]
    [TestCase("""{"kty":"EC","crv":"P-999","x":"AA","y":"AA","kid":"k"}""")]
    [TestCase("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k"}""")]
    [TestCase("""{"kty":"oct","k":"c2VjcmV0","kid":"k"}""")]
    [TestCase("""{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA","kid":"k"}""")]
    [TestCase("""{"kty":"RSA","kid":"\ud800","n":"AQAB","e":"AQAB"}""")]
    [Description("RFC 7517 §5: a key that is malformed or of a foreign type does not affect the other keys, even with the same kid")]
    public void A_key_that_cannot_be_used_does_not_affect_the_others(string malformed)
    {
        using var good = RSA.Create(2048);
        string key = Jwk(good).ToJsonString();
        string token = Sign(good, "good");

        Assert.That(Verifies(token, $$"""{"keys":[{{malformed}},{{key}}]}"""), Is.True);
        Assert.That(Verifies(token, $$"""{"keys":[{{key}},{{malformed}}],"other":1,"other":2}"""), Is.True);
        Assert.That(Verifies(token, $$"""{"keys":[{{malformed}}]}"""), Is.False);
    }

    [Test]
    [Description("RFC 7517 §4.5: two keys with one kid are both tried; RFC 7515 §2: padding of a number is tolerated")]
    public void Two_keys_with_one_identifier_are_both_tried()
    {
        using var one = RSA.Create(2048);
        using var two = RSA.Create(2048);
        var padded = Jwk(two);
        padded["n"] = (string)padded["n"]! + "==";

        string set = SigningKeys.Set(Jwk(one), padded);

        Assert.That(Verifies(Sign(one, "a"), set) && Verifies(Sign(two, "a"), set), Is.True);
    }

    [TestCase("Ed25519")]
    [TestCase("X25519")]
    [Description("RFC 8037 §2: without an implementation of Ed25519 the reason names the package")]
    public void The_package_of_a_skipped_key_is_named(string curve)
    {
        string key = $$"""{"kty":"OKP","crv":"{{curve}}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";
        List<string> skipped = [];

        Assert.That(JwksParser.Read(Encoding.UTF8.GetBytes($$"""{"keys":[{{key}}]}"""), (_, reason) => skipped.Add(reason)), Is.Empty);
        Assert.That(skipped, Is.EqualTo(new[] { "its kty is OKP, which needs the package OAuthClient.Ed25519" }));
    }

    [Test]
    [Description("The reason for which a key is skipped contains no text of the server")]
    public void The_reasons_contain_no_text_of_the_server()
    {
        List<(int, string)> skipped = [];
        JwksParser.Read(
            Encoding.UTF8.GetBytes("""{"keys":[5,{"kty":"evil"},{"kty":"RSA","n":"evil!"},{"kty":"EC","kid":["evil"]}]}"""),
            (index, reason) => skipped.Add((index, reason))
        );
        Assert.That(skipped.Select(one => one.Item1), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(skipped.Select(one => one.Item2), Has.All.StartsWith("it").And.All.Not.Contains("evil"));
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
