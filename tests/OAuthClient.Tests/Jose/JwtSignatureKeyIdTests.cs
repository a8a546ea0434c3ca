using System.Text;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;
using static OAuthClient.Tests.SignatureValidation;

namespace OAuthClient.Tests;

/// <summary>Tests the selection of the server's key by its identifier (RFC 7515 §4.1.4, RFC 7517 §4.5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwtSignatureKeyIdTests
{
    private const string Claims = "{\"sub\":\"alice\"}";

    [TestCase("key-2")]
    [TestCase("KEY-1")]
    [TestCase("../../key-1")]
    [TestCase("key-1' OR '1'='1")]
    [TestCase("key-1\\u0000")]
    [Description("RFC 7515 §4.1.4: a kid is only compared")]
    public void An_unknown_kid_has_no_key(string kid) =>
        Assert.That(
            () => Require(TestKey.Rsa.Sign("RS256", $"{{\"alg\":\"RS256\",\"kid\":\"{kid}\"}}", Claims), TestKey.Set(TestKey.Rsa.Jwk())),
            Refusal("None of the server's keys")
        );

    [Test]
    [Description("RFC 7515 §4.1.4: a kid of 40,000 characters is not in the message")]
    public void A_long_kid_is_not_in_the_message()
    {
        string token = TestKey.Rsa.Sign("RS256", $"{{\"alg\":\"RS256\",\"kid\":\"{new string('k', 40_000)}\"}}", Claims);
        var refusal = Assert.Throws<OAuthProtocolException>(() => Require(token, TestKey.Set(TestKey.Rsa.Jwk())));

        Assert.That(refusal!.Message, Has.Length.LessThan(400));
    }

    [Test]
    [Description("RFC 7515 §4.1.4: a token with a kid is not verified with a key that has none")]
    public void A_token_with_a_kid_is_not_verified_with_a_key_without_one() =>
        Assert.That(Candidates(TestKey.Rsa.Sign("RS256", Header("RS256"), Claims), TestKey.Set(TestKey.Rsa.Jwk(kid: null))), Is.Empty);

    [Test]
    [Description("OpenID Connect Core §10.1: without a kid each key of the matching type is tried")]
    public void Without_kid_all_keys_are_tried()
    {
        string token = TestKey.Rsa.Sign("RS256", "{\"alg\":\"RS256\"}", Claims);

        Require(token, TestKey.Set(TestKey.Rsa.Jwk()));
        Require(token, TestKey.Set(TestKey.AnotherRsa.Jwk("a"), TestKey.Ec("nistP256").Jwk("b"), TestKey.Rsa.Jwk("c")));
        Assert.That(() => Require(token, TestKey.Set(TestKey.AnotherRsa.Jwk())), Refusal("does not verify"));
        Assert.That(() => Require(token, []), Refusal("None of the server's keys", "kid 'none'"));
    }

    [Test]
    [Description("RFC 7517 §4.5: keys with the same kid are distinguished by type, use and algorithm")]
    public void Keys_with_the_same_kid_are_distinguished()
    {
        string token = TestKey.Rsa.Sign("RS256", Header("RS256"), Claims);
        var keys = TestKey.Set(
            TestKey.Ec("nistP256").Jwk(),
            TestKey.AnotherRsa.Jwk(algorithm: "PS256"),
            TestKey.AnotherRsa.Jwk(use: "enc"),
            TestKey.AnotherRsa.Jwk(),
            TestKey.Rsa.Jwk(algorithm: "RS256")
        );

        Assert.That(Candidates(token, keys), Has.Count.EqualTo(2));
        Require(token, keys);
    }
}
