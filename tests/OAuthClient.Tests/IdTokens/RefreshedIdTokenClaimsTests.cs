using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of a refreshed ID Token against the first one (OpenID Connect Core §12.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshedIdTokenClaimsTests
{
    [TestCase("{}", null)]
    [TestCase("{\"nonce\":\"n\",\"auth_time\":100}", null)]
    [TestCase("{\"auth_time\":1.00e2}", null)]
    [TestCase("{\"auth_time\":101}", "auth_time differs")]
    [TestCase("{\"nonce\":\"other\"}", "nonce differs")]
    [TestCase("{\"sub\":\"bob\"}", "another user")]
    [TestCase("{\"sub\":null}", "another user")]
    [TestCase("{\"iss\":\"https://other.example.com\"}", "another issuer")]
    [TestCase("{\"iss\":\"https://server.example.com/\"}", "another issuer")]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token must have the iss, sub, nonce and auth_time of the first")]
    public void A_refreshed_token_of_another_authentication_is_rejected(string changes, string? words)
    {
        var first = Json("{\"iss\":\"https://server.example.com\",\"sub\":\"alice\",\"nonce\":\"n\",\"auth_time\":100}");
        var refreshed = new JsonObject { ["iss"] = "https://server.example.com", ["sub"] = "alice" };
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject())
            refreshed[name] = value?.DeepClone();

        Assert.That(
            () =>
                IdTokenClaimsValidator.ValidateSameAuthentication(
                    Json(refreshed.ToJsonString()),
                    "alice",
                    SampleConfiguration.Issuer,
                    first
                ),
            words is null ? Throws.Nothing : Refusal(words, "§12.2")
        );
    }

    [Test]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token may contain claims that the first lacks, except a nonce")]
    public void A_refreshed_token_may_contain_more_claims()
    {
        void Check(string refreshed, JsonElement? first) =>
            IdTokenClaimsValidator.ValidateSameAuthentication(Json(refreshed), null, "i", first);

        Assert.That(() => Check("{\"iss\":\"i\",\"auth_time\":5}", Json("{\"iss\":\"i\"}")), Throws.Nothing);
        Assert.That(() => Check("{\"iss\":\"i\",\"nonce\":\"n\"}", Json("{\"iss\":\"i\"}")), Refusal("nonce differs"));
        Assert.That(() => Check("{\"iss\":\"i\",\"nonce\":\"n\"}", null), Throws.Nothing, "there is no earlier token");
        Assert.That(() => Check("{\"iss\":\"other\"}", null), Refusal("another issuer"));
    }

    private static JsonElement Json(string json) => StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json))!.Value;

    [Test]
    [Description("OpenID Connect Core §12.2: iss must be that of the first ID Token, or the server's issuer when there was none")]
    public void A_refreshed_token_must_have_the_first_issuer()
    {
        var first = Json("""{"iss":"https://server.example.com/one","sub":"alice"}""");
        var other = Json("""{"iss":"https://server.example.com","sub":"alice"}""");

        Assert.That(
            () => IdTokenClaimsValidator.ValidateSameAuthentication(first, "alice", "https://server.example.com", first),
            Throws.Nothing
        );
        Assert.That(
            () => IdTokenClaimsValidator.ValidateSameAuthentication(other, "alice", "https://server.example.com", first),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(
            () => IdTokenClaimsValidator.ValidateSameAuthentication(other, "alice", "https://server.example.com", earlier: null),
            Throws.Nothing
        );
        Assert.That(
            () => IdTokenClaimsValidator.ValidateSameAuthentication(first, "alice", "https://server.example.com", earlier: null),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }
}
