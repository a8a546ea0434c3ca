using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests the comparison of a refreshed ID Token with the first one (OpenID Connect Core §12.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshedIdTokenClaimsTests
{
    private const string Issuer = "https://server.example.com";

    [TestCase("{}", null)]
    [TestCase("""{"sub":"bob"}""", "(sub)")]
    [TestCase("""{"sub":"Alice"}""", "(sub)")]
    [TestCase("""{"iss":"https://other.example.com"}""", "(iss)")]
    [TestCase("""{"iss":"https://server.example.com/"}""", "(iss)")]
    [TestCase("""{"aud":"other"}""", "(aud)")]
    [TestCase("""{"aud":["other"]}""", "(aud)")]
    [TestCase("""{"aud":[]}""", "(aud)")]
    [TestCase("""{"aud":["other","client-id"]}""", null)]
    [TestCase("""{"sub":null}""", null)]
    [TestCase("""{"sub":5}""", null)]
    [TestCase("""{"sub":""}""", null)]
    [TestCase("""{"iss":null}""", null)]
    [TestCase("""{"iss":["https://other.example.com"]}""", null)]
    [TestCase("""{"aud":null}""", null)]
    [TestCase("""{"aud":5}""", null)]
    [TestCase("""{"aud":""}""", null)]
    [TestCase("""{"azp":"other","nonce":"other","auth_time":1,"exp":"soon"}""", null)]
    [Description("OpenID Connect Core §12.2: only a sub, an iss or an aud of another proves that the response belongs to another")]
    public void A_token_of_another_identity_is_found(string changes, string? words)
    {
        var refreshed = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = "alice",
            ["aud"] = "client-id",
        };
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject())
            refreshed[name] = value?.DeepClone();

        var other = IdTokenClaimsValidator.FindOtherIdentity(
            Json(refreshed.ToJsonString()),
            "client-id",
            "alice",
            issuer => issuer == Issuer
        );
        Assert.That(other?.Message, words is null ? Is.Null : Does.Contain(words).And.Contain("§12.2"));
    }

    [Test]
    [Description("Without a known subject, sub says nothing")]
    public void An_unknown_subject_is_not_compared() =>
        Assert.That(
            IdTokenClaimsValidator.FindOtherIdentity(Json("""{"sub":"bob","aud":"client-id"}"""), "client-id", subject: null, _ => false),
            Is.Null
        );

    [TestCase("{}", null)]
    [TestCase("""{"nonce":"n","auth_time":100}""", null)]
    [TestCase("""{"auth_time":1.00e2}""", null)]
    [TestCase("""{"auth_time":101}""", "auth_time")]
    [TestCase("""{"nonce":"other"}""", "nonce")]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token must have the nonce and auth_time of the first, if it has them")]
    public void A_token_of_another_authentication_is_found(string refreshed, string? claim) =>
        Assert.That(
            IdTokenClaimsValidator.FindOtherAuthentication(Json(refreshed), Json("""{"nonce":"n","auth_time":100}""")),
            Is.EqualTo(claim)
        );

    [Test]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token may contain claims that the first lacks, except a nonce")]
    public void A_refreshed_token_may_contain_more_claims()
    {
        var first = Json("{}");
        Assert.That(IdTokenClaimsValidator.FindOtherAuthentication(Json("""{"auth_time":5}"""), first), Is.Null);
        Assert.That(IdTokenClaimsValidator.FindOtherAuthentication(Json("""{"nonce":"n"}"""), first), Is.EqualTo("nonce"));
    }

    private static JsonElement Json(string json) => StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json))!.Value;
}
