using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests a key of the server's key set, which is imported once and used for all tokens (RFC 7517 §5, RFC 7515 §5.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksKeyTests
{
    private const string Claims = "{\"sub\":\"alice\"}";

    [TestCase("RS256")]
    [TestCase("PS512")]
    [TestCase("ES256")]
    [TestCase("ES512")]
    [Description("RFC 7515 §5.2: concurrent validations with one key accept each valid signature and reject each invalid one")]
    public async Task Concurrent_validations_share_one_key(string algorithm)
    {
        var signer = TestKey.For(algorithm);
        var key = TestKey.Set(signer.Jwk())[0];
        var valid = Parse(signer.Sign(algorithm, Header(algorithm), Claims), algorithm);
        // The signature of another payload.
        var invalid = Parse(Recombine(valid, signer.Sign(algorithm, Header(algorithm), "{\"sub\":\"mallory\"}")), algorithm);

        using var start = new Barrier(8);
        bool[][] results = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Factory.StartNew(
                        () =>
                        {
                            start.SignalAndWait();
                            return Enumerable.Range(0, 100).Select(i => key.Verifies(i % 2 == 0 ? valid : invalid)).ToArray();
                        },
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                )
        );

        foreach (bool[] result in results)
            Assert.That(result, Is.EqualTo(Enumerable.Range(0, 100).Select(i => i % 2 == 0)));
    }

    [Test]
    [Description("RFC 7517 §4.4: one RSA key without alg verifies with each algorithm, and a signature of one is not one of another")]
    public void One_key_is_used_with_several_algorithms()
    {
        var key = TestKey.Set(TestKey.Rsa.Jwk())[0];
        string[] algorithms = ["RS256", "PS256", "RS512", "RS256"];

        foreach (string algorithm in algorithms)
        {
            Assert.That(key.Verifies(Parse(TestKey.Rsa.Sign(algorithm, Header(algorithm), Claims), algorithm)), Is.True, algorithm);
            string other = algorithm == "PS256" ? "RS256" : "PS256";
            Assert.That(key.Verifies(Parse(TestKey.Rsa.Sign(other, Header(algorithm), Claims), algorithm)), Is.False, algorithm);
        }
    }

    [TestCase("")]
    [TestCase("A")]
    [TestCase("AAAA")]
    [Description("RFC 7515 §5.2: an invalid signature is rejected, and the key verifies the next token")]
    public void An_invalid_signature_does_not_affect_the_key(string signature)
    {
        foreach (string algorithm in new[] { "RS256", "ES256" })
        {
            var signer = TestKey.For(algorithm);
            var key = TestKey.Set(signer.Jwk())[0];
            var valid = Parse(signer.Sign(algorithm, Header(algorithm), Claims), algorithm);
            var invalid = Parse(Recombine(valid, "..", signature), algorithm);

            Assert.That(key.Verifies(invalid), Is.False);
            Assert.That(key.Verifies(valid), Is.True);
            Assert.That(key.Verifies(invalid), Is.False);
            Assert.That(key.Verifies(valid), Is.True);
        }
    }

    [Test]
    [Description("RFC 7517 §5: a malformed key verifies no signature, at the first token and at later, concurrent ones")]
    public void A_malformed_key_verifies_no_signature()
    {
        var jwk = TestKey.Ec("nistP256").Jwk();
        jwk["y"] = jwk["x"]!.DeepClone();
        var key = TestKey.Set(jwk)[0];
        var token = Parse(TestKey.Ec("nistP256").Sign("ES256", Header("ES256"), Claims), "ES256");

        Assert.That(key.Verifies(token), Is.False);
        bool[] later = new bool[64];
        Parallel.For(0, later.Length, i => later[i] = key.Verifies(token));
        Assert.That(later, Is.All.False);
    }

    [TestCase("d")]
    [TestCase("p")]
    [TestCase("qi")]
    [Description("RFC 7517 §5, RFC 7518 §6.3.2: a malformed private member makes a key unusable, and a valid key of the same set verifies")]
    public void A_malformed_private_member_does_not_affect_other_keys(string member)
    {
        using var rsa = RSA.Create(2048);
        var numbers = rsa.ExportParameters(includePrivateParameters: true);
        var broken = new JsonObject { ["kty"] = "RSA", ["kid"] = "key-1" };
        var values = new (string Name, byte[]? Value)[]
        {
            ("n", numbers.Modulus),
            ("e", numbers.Exponent),
            ("d", numbers.D),
            ("p", numbers.P),
            ("q", numbers.Q),
            ("dp", numbers.DP),
            ("dq", numbers.DQ),
            ("qi", numbers.InverseQ),
        };
        foreach (var (name, value) in values)
            broken[name] = name == member ? " " : Base64Url.EncodeToString(value);

        var token = Parse(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), "RS256");

        Assert.That(TestKey.Set(broken, TestKey.Rsa.Jwk()).Select(key => key.Verifies(token)), Is.EqualTo([false, true]));
    }

    private static string Header(string algorithm) => $"{{\"alg\":\"{algorithm}\",\"kid\":\"key-1\"}}";

    private static UnverifiedJwt Parse(string token, string algorithm) => UnverifiedJwt.Parse(token, JwtType.IdToken, [algorithm]);

    private static string Recombine(UnverifiedJwt token, string other, string? signature = null) =>
        string.Join('.', [.. token.Compact.Split('.')[..2], signature ?? other.Split('.')[2]]);
}
