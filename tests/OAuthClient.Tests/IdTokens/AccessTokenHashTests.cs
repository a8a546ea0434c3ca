using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of <c>at_hash</c> (OpenID Connect Core §3.1.3.6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenHashTests
{
    private static readonly DateTimeOffset Now = SampleConfiguration.Now;

    // The first value is the example of OpenID Connect Core A.3; the others were computed with sha384sum and sha512sum.
    [TestCase("RS256", "77QmUPtjPfzWtF2AnpK9RQ")]
    [TestCase("ES256", "77QmUPtjPfzWtF2AnpK9RQ")]
    [TestCase("PS384", "@384")]
    [TestCase("ES512", "@512")]
    [TestCase("HS512", "@512")]
    [Description(
        "OpenID Connect Core §3.1.3.6, §3.1.3.8: at_hash is the left half of the access token's hash, with the hash "
            + "function of the signature algorithm"
    )]
    public void An_access_token_of_another_response_is_rejected(string algorithm, string hash)
    {
        const string AccessToken = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        byte[] bytes = Encoding.ASCII.GetBytes(AccessToken);
        hash = hash switch
        {
            "@384" => System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA384.HashData(bytes).AsSpan(0, 24)),
            "@512" => System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA512.HashData(bytes).AsSpan(0, 32)),
            _ => hash,
        };
        void Check(string atHash, string token = AccessToken) =>
            IdTokenClaimsValidator.ValidateAccessTokenHash(Json($"{{\"at_hash\":{atHash}}}"), algorithm, Token(token));

        Assert.That(() => Check($"\"{hash}\""), Throws.Nothing);
        Assert.That(() => Check("null"), Throws.Nothing);
        Assert.That(
            () => IdTokenClaimsValidator.ValidateAccessTokenHash(Json("{}"), algorithm, Token("any")),
            Throws.Nothing,
            "at_hash is optional"
        );
        Assert.That(() => Check($"\"{hash}\"", "another"), Refusal("at_hash", "not issued together"));
        foreach (string wrong in new[] { $"\"{hash}=\"", $"\"{hash[..^1]}\"", $"\"{hash.ToLowerInvariant()}\"", "\"\"", "1", "[]" })
            Assert.That(() => Check(wrong), Refusal("at_hash"), wrong);
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.6: at_hash that is computed with the hash of another algorithm is rejected")]
    public void The_signature_algorithm_determines_the_hash() =>
        Assert.That(
            () =>
                IdTokenClaimsValidator.ValidateAccessTokenHash(
                    Json("{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}"),
                    "RS512",
                    Token("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
                ),
            Refusal("at_hash")
        );

    private static JsonElement Json(string json) => StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json))!.Value;

    private static AccessToken Token(string value) => new(value, Now, null, [], []);
}
