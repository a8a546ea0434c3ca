using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the validation of logout tokens (OpenID Connect Back-Channel Logout §2.4, §2.6): every defect of the claims. The form and the
/// signature of a JWT are tested with <see cref="UnverifiedJwt"/> and the signature validators.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LogoutTokenValidatorTests
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly long Now = SampleConfiguration.Now.ToUnixTimeSeconds();

    [TestCase("iss", "\"https://evil.example\"", "iss is 'https://evil.example'")]
    [TestCase("iss", "\"https://server.example.com/\"", "iss is")]
    [TestCase("iss", null, "iss is ''")]
    [TestCase("aud", "\"another\"", "aud does not name this client")]
    [TestCase("aud", "[\"client-id\",\"another\"]", "aud names further audiences")]
    [TestCase("aud", null, "aud does not name this client")]
    [TestCase("azp", "\"another\"", "azp names another client")]
    [TestCase("exp", null, "no exp")]
    [TestCase("exp", "\"soon\"", "its exp is not a number")]
    [TestCase("iat", null, "no iat")]
    [TestCase("jti", null, "no jti")]
    [TestCase("events", null, "events claim contains no object")]
    [TestCase("events", "{}", "events claim contains no object")]
    [TestCase("events", "{\"https://schemas.openid.net/secevent/risc/event-type/account-disabled\":{}}", "contains no object")]
    [TestCase("events", $"{{\"{Event}\":true}}", "events claim contains no object")]
    [TestCase("events", $"[\"{Event}\"]", "events claim contains no object")]
    [TestCase("nonce", "\"n\"", "has a nonce")]
    [TestCase("nonce", "null", "has a nonce")]
    [TestCase("sub", null, "neither sub nor sid")]
    [TestCase("sub", "42", "'sub' as Number")]
    [Description("§2.4, §2.6: a token with exactly one wrong or missing claim is rejected")]
    public void A_defective_claim_is_rejected(string name, string? value, string words) =>
        Assert.That(
            () =>
                Claims(json =>
                {
                    if (value is null)
                        json.Remove(name);
                    else
                        json[name] = JsonNode.Parse(value);
                })(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words)
        );

    [TestCase("sub", "sid")]
    [TestCase("sid", "sub")]
    [Description("§2.4: a token names a session, a user or both")]
    public void One_of_sub_and_sid_is_sufficient(string removed, string named)
    {
        var token = Claims(json =>
        {
            json["sid"] = "s1";
            json.Remove(removed);
        })();
        Assert.That((token.Subject, token.SessionId), Is.EqualTo(named == "sub" ? ("alice", null) : ((string?)null, "s1")));
    }

    [TestCase("""{"alg":"RS256","typ":"logout+jwt"}""", SampleConfiguration.Issuer, null)]
    [TestCase("""{"alg":"none","typ":"logout+jwt"}""", SampleConfiguration.Issuer, "signed with 'none'")]
    [TestCase("""{"alg":"HS256","typ":"logout+jwt"}""", SampleConfiguration.Issuer, "signed with 'HS256'")]
    [TestCase("""{"alg":"RS256","typ":"at+jwt"}""", SampleConfiguration.Issuer, "logout token's typ is 'at+jwt'")]
    [TestCase("""{"alg":"RS256","typ":"logout+jwt"}""", "https://evil.example", "iss is 'https://evil.example'")]
    [Description("§2.6: algorithm, type and issuer are validated before anything is requested for the token")]
    public void Algorithm_type_and_issuer_are_validated_first(string header, string issuer, string? words)
    {
        string token = $"{TestKey.Encode(header)}.{TestKey.Encode($$"""{"iss":"{{issuer}}"}""")}.{TestKey.Encode("signature")}";
        Assert.That(
            () => LogoutTokenValidator.Parse(token, SampleConfiguration.Create()),
            words is null ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words)
        );
    }

    [TestCase(0, 120, true)]
    [TestCase(60, 120, true)]
    [TestCase(61, 120, false)]
    [TestCase(-360, 120, true)]
    [TestCase(-361, 120, false)]
    [TestCase(0, -59, true)]
    [TestCase(0, -60, false)]
    [TestCase(-360, -59, true)]
    [Description(
        "§2.6: with one minute of clock skew, a token must not be expired, old or issued in the future; the failure is "
            + "transient, and the message mentions the clock"
    )]
    public void Expired_old_and_future_tokens_are_rejected(int issued, int ends, bool counts)
    {
        var claims = Claims(json =>
        {
            json["iat"] = Now + issued;
            json["exp"] = Now + ends;
        });
        if (counts)
        {
            Assert.That(claims().IssuedAt, Is.EqualTo(SampleConfiguration.Now.AddSeconds(issued)));
            return;
        }
        var exception = Assert.Throws<OAuthProtocolException>(() => claims())!;
        Assert.That(exception.IsTransient, Is.True);
        Assert.That(exception.Message, Does.Contain("expired").Or.Contain("clock"));
    }

    [Test]
    [Description("§2.4: the message names both issuers and not the subject")]
    public void Another_issuer_is_rejected()
    {
        var exception = Assert.Throws<OAuthProtocolException>(() => Claims(json => json["iss"] = "https://evil.example")())!;

        Assert.That(exception.Message, Does.Contain("'https://evil.example'").And.Contain(SampleConfiguration.Issuer));
        Assert.That(exception.IsTransient, Is.False);
        Assert.That(Claims(_ => { })().ToString(), Is.EqualTo("Logout token"));
    }

    private static Func<LogoutToken> Claims(Action<JsonObject> change)
    {
        JsonObject json = new()
        {
            ["iss"] = SampleConfiguration.Issuer,
            ["aud"] = "client-id",
            ["iat"] = Now,
            ["exp"] = Now + 120,
            ["jti"] = "j",
            ["sub"] = "alice",
            ["events"] = new JsonObject { [Event] = new JsonObject() },
        };
        change(json);
        var claims = StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json.ToJsonString()))!.Value;
        return () =>
            LogoutTokenValidator.Validate(claims, SampleConfiguration.Issuer, SampleConfiguration.Create(), SampleConfiguration.Clock);
    }
}
