using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests signatures with the client secret (OpenID Connect Core §10.1, RFC 8725 §2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HmacSignatureValidatorTests
{
    private const string Claims = "{\"sub\":\"alice\"}";

    // 64 bytes; one character has two bytes.
    private static readonly string Secret = "p\u00e4ssw\u00f6rd-" + new string('x', 53);

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    [Description("RFC 7518 §3.2: the UTF-8 bytes of the secret are the key, and each change of the token is detected")]
    public void The_client_secret_verifies(string algorithm)
    {
        string token = Sign(algorithm, Encoding.UTF8.GetBytes(Secret));
        string[] parts = token.Split('.');
        Assert.That(() => Require(token, algorithm), Throws.Nothing);

        string[] tampered =
        [
            $"{parts[0]}.{TestKey.Encode("{\"sub\":\"mallory\"}")}.{parts[2]}",
            $"{TestKey.Encode($"{{\"alg\":\"{algorithm}\",\"x\":1}}")}.{parts[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            $"{parts[0]}.{parts[1]}.{parts[2][..^1]}",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}.A",
        ];
        foreach (string changed in tampered)
            Assert.That(() => Require(changed, algorithm), Refusal("does not verify with the client secret"), changed);
        Assert.That(() => Require(token, algorithm, Secret + "x"), Refusal("does not verify"));
        Assert.That(() => Require(token, algorithm, Secret.ToUpperInvariant()), Refusal("does not verify"));
    }

    [Test]
    [Description(
        "RFC 8725 §2.1: when HS256 is allowed, no encoding of the server's public key (PEM, DER, JWK, JWK set, modulus) "
            + "is accepted as the secret"
    )]
    public void A_public_key_is_not_accepted_as_the_secret()
    {
        var jwk = TestKey.Rsa.Jwk();
        byte[][] publics =
        [
            Encoding.UTF8.GetBytes(TestKey.Rsa.PublicPem),
            Encoding.UTF8.GetBytes(TestKey.Rsa.PublicPem + "\n"),
            Encoding.UTF8.GetBytes(jwk.ToJsonString()),
            Encoding.UTF8.GetBytes(SigningKeys.Set(TestKey.Rsa.Jwk())),
            Base64Url.DecodeFromChars((string)jwk["n"]!),
            Encoding.UTF8.GetBytes((string)jwk["n"]!),
            [],
        ];
        foreach (byte[] key in publics)
            Assert.That(() => Require(Sign("HS256", key), "HS256"), Refusal("does not verify with the client secret"));
    }

    [TestCase("HS256", 31)]
    [TestCase("HS384", 47)]
    [TestCase("HS512", 63)]
    [Description("RFC 7518 §3.2: a secret that is shorter than the hash, or missing, verifies no signature")]
    public void A_short_or_missing_secret_is_rejected(string algorithm, int length)
    {
        string shortOne = new('s', length);
        Assert.That(
            () => Require(Sign(algorithm, Encoding.UTF8.GetBytes(shortOne)), algorithm, shortOne),
            Refusal($"at least {length + 1} bytes")
        );
        Assert.That(() => Require(Sign(algorithm, []), algorithm, secret: null), Refusal($"at least {length + 1} bytes"));
    }

    private static void Require(string token, string algorithm) => Require(token, algorithm, Secret);

    private static void Require(string token, string algorithm, string? secret) =>
        HmacSignatureValidator.Validate(
            UnverifiedJwt.Parse(token, JwtType.IdToken, [algorithm]),
            secret is null ? null : new ClientSecret(secret)
        );

    private static string Sign(string algorithm, byte[] key)
    {
        string input = TestKey.Encode($"{{\"alg\":\"{algorithm}\"}}") + "." + TestKey.Encode(Claims);
        byte[] bytes = Encoding.ASCII.GetBytes(input);
        byte[] mac = algorithm switch
        {
            "HS384" => HMACSHA384.HashData(key, bytes),
            "HS512" => HMACSHA512.HashData(key, bytes),
            _ => HMACSHA256.HashData(key, bytes),
        };
        return input + "." + Base64Url.EncodeToString(mac);
    }

    private static NUnit.Framework.Constraints.Constraint Refusal(params string[] words)
    {
        NUnit.Framework.Constraints.Constraint refusal = Throws
            .InstanceOf<OAuthProtocolException>()
            .With.Message.Not.Contains("ssw\u00f6rd");
        foreach (string word in words)
            refusal = refusal.And.Message.Contains(word);
        return refusal;
    }
}
