using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of ID Token claims (OpenID Connect Core §3.1.3.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IdTokenClaimsValidatorTests
{
    private const string Nonce = "the-nonce";
    private static readonly DateTimeOffset Now = SampleConfiguration.Now;

    [Test]
    [Description("OpenID Connect Core §2: a token with the required claims is valid")]
    public void A_valid_token_returns_its_subject() => Assert.That(Require(), Is.EqualTo("alice"));

    [TestCase("https://server.example.com/")]
    [TestCase("https://Server.example.com")]
    [TestCase("https://server.example.com:443")]
    [TestCase("http://server.example.com")]
    [TestCase("https://server.example.com.evil.com")]
    [TestCase("https://evil.example.com")]
    [Description("OpenID Connect Core §3.1.3.7 (2): the issuer is compared character by character")]
    public void Another_issuer_is_rejected(string issuer) =>
        Assert.That(() => Require(c => c["iss"] = issuer), Refusal($"iss is '{issuer}', not '{SampleConfiguration.Issuer}'"));

    [Test]
    [Description("OpenID Connect Core §2: iss, aud, exp, iat and sub are required")]
    public void A_required_claim_that_is_absent_null_or_empty_is_missing()
    {
        foreach (string name in new[] { "iss", "aud", "exp", "iat", "sub" })
        {
            Assert.That(() => Require(c => c.Remove(name)), Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains(name), name);
            Assert.That(() => Require(c => c[name] = null), Throws.InstanceOf<OAuthProtocolException>(), name);
            Assert.That(() => Require(c => c[name] = ""), Throws.InstanceOf<OAuthProtocolException>(), name);
            Assert.That(() => Require(c => c[name] = new JsonObject()), Throws.InstanceOf<OAuthProtocolException>(), name);
            Assert.That(() => Require(c => c[name] = true), Throws.InstanceOf<OAuthProtocolException>(), name);
        }
        Assert.That(() => Require(c => c.Remove("sub")), Refusal("no sub"));
        Assert.That(() => Require(c => c["sub"] = 42), Refusal("'sub' as Number"));
    }

    [TestCase("\"client-id\"")]
    [TestCase("[\"client-id\"]")]
    [TestCase("[\"client-id\",\"client-id\"]")]
    [Description("OpenID Connect Core §2: aud is a string or an array of strings")]
    public void This_client_as_audience_is_accepted(string audience) =>
        Assert.That(() => Require(c => c["aud"] = JsonNode.Parse(audience)), Throws.Nothing);

    [TestCase("\"other\"", "does not name this client")]
    [TestCase("\"Client-Id\"", "does not name this client")]
    [TestCase("\"client-id \"", "does not name this client")]
    [TestCase("\"client-id other\"", "does not name this client")]
    [TestCase("[]", "does not name this client")]
    [TestCase("[\"other\"]", "does not name this client")]
    [TestCase("[\"client-id\",\"other\"]", "further audiences")]
    [TestCase("[\"other\",\"client-id\"]", "further audiences")]
    [TestCase("[\"client-id\",1]", "not a string")]
    [TestCase("[\"client-id\",null]", "not a string")]
    [TestCase("[[\"client-id\"]]", "not a string")]
    [Description("OpenID Connect Core §3.1.3.7 (3): aud must name this client and no other audience")]
    public void Another_audience_is_rejected(string audience, string words) =>
        Assert.That(() => Require(c => c["aud"] = JsonNode.Parse(audience)), Refusal(words));

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (4), (5): azp, when present, must name this client")]
    public void Another_authorized_party_is_rejected()
    {
        Assert.That(() => Require(c => c["azp"] = "client-id"), Throws.Nothing);
        Assert.That(() => Require(c => c["azp"] = "other"), Refusal("azp names another client"));
        Assert.That(() => Require(c => c["azp"] = "CLIENT-ID"), Refusal("azp names another client"));
        Assert.That(() => Require(c => c["azp"] = 1), Throws.InstanceOf<OAuthProtocolException>());
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (9): a token expires at exp plus one minute of clock skew")]
    public void A_token_expires_one_minute_after_exp()
    {
        var exp = DateTimeOffset.FromUnixTimeSeconds(Now.ToUnixTimeSeconds());
        void At(TimeSpan offset) => Require(c => c["exp"] = exp.ToUnixTimeSeconds(), now: exp + offset);

        Assert.That(() => At(TimeSpan.FromMinutes(-1)), Throws.Nothing);
        Assert.That(() => At(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1)), Throws.Nothing);
        Assert.That(() => At(TimeSpan.FromMinutes(1)), Refusal("expired"));
        Assert.That(() => At(TimeSpan.FromDays(1)), Refusal("expired"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (10): iat may be at most one minute in the future")]
    public void A_token_may_be_issued_up_to_one_minute_in_the_future()
    {
        void Issued(TimeSpan ahead) => Require(now: Now - ahead);

        Assert.That(() => Issued(TimeSpan.FromMinutes(1)), Throws.Nothing);
        Assert.That(() => Issued(TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1)), Refusal("issued in the future", "clock"));
        Assert.That(() => Require(c => c["iat"] = 0), Throws.Nothing, "exp limits the age");
    }

    [TestCase("253402300799")]
    [TestCase("253402300740.5")]
    [TestCase("1.9e9")]
    [TestCase("4102444800.999")]
    [Description("RFC 7519 §2: a NumericDate may be a fraction, and may be as late as the year 9999")]
    public void A_distant_expiration_is_accepted(string exp) =>
        Assert.That(() => Require(c => c["exp"] = JsonNode.Parse(exp)), Throws.Nothing);

    [TestCase("253402300800")]
    [TestCase("1e400")]
    [TestCase("-1")]
    [TestCase("-1e400")]
    [Description("RFC 7519 §2: a number outside the supported range causes an OAuthProtocolException")]
    public void A_number_out_of_range_is_rejected(string number)
    {
        Assert.That(() => Require(c => c["exp"] = JsonNode.Parse(number)), Refusal("exp is not a valid time"));
        Assert.That(() => Require(c => c["iat"] = JsonNode.Parse(number)), Refusal("iat is not a valid time"));
    }

    [TestCase("\"1893499200\"")]
    [TestCase("[1893499200]")]
    [Description("RFC 7519 §4.1.4: exp must be a number")]
    public void A_time_that_is_not_a_number_is_rejected(string time) =>
        Assert.That(() => Require(c => c["exp"] = JsonNode.Parse(time)), Refusal("no exp, or its exp is not a number"));

    [Test]
    [Description(
        "OpenID Connect Core §3.1.3.7 (11): the nonce must be that of the request; without a nonce in the request any is accepted"
    )]
    public void Another_nonce_is_rejected()
    {
        foreach (JsonNode? nonce in new JsonNode?[] { null, "", "other", "THE-NONCE", "the-nonce ", "the-nonc" })
            Assert.That(
                () => Require(c => c["nonce"] = nonce?.DeepClone()),
                Refusal("nonce is not the nonce of the authorization request"),
                nonce?.ToJsonString()
            );
        Assert.That(() => Require(c => c.Remove("nonce")), Refusal("nonce is not the nonce"));
        Assert.That(() => Require(c => c["nonce"] = 1), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => Require(c => c["nonce"] = "other", nonce: null), Throws.Nothing);
        Assert.That(() => Require(c => c.Remove("nonce"), nonce: null), Throws.Nothing);
    }

    [Test]
    [Description(
        "OpenID Connect Core §2, §3.1.3.7 (13): after a request with max_age, auth_time is required and may be as old as "
            + "max_age plus the clock skew"
    )]
    public void An_authentication_older_than_max_age_is_rejected()
    {
        static void SignedIn(string ago, int maxAge) =>
            IdTokenClaimsValidator.ValidateMaxAge(
                StrictJson.TryParseObject(Encoding.UTF8.GetBytes($"{{\"auth_time\":{ago}}}"))!.Value,
                TimeSpan.FromSeconds(maxAge),
                SampleConfiguration.ClockAt(Now)
            );
        string Ago(int seconds) => $"{Now.ToUnixTimeSeconds() - seconds}";

        Assert.That(() => SignedIn(Ago(0), 0), Throws.Nothing);
        Assert.That(() => SignedIn(Ago(60), 0), Throws.Nothing);
        Assert.That(() => SignedIn(Ago(61), 0), Refusal("longer ago than max_age", "auth_time"));
        Assert.That(() => SignedIn(Ago(360), 300), Throws.Nothing);
        Assert.That(() => SignedIn(Ago(361), 300), Refusal("longer ago than max_age"));
        Assert.That(
            () =>
                IdTokenClaimsValidator.ValidateMaxAge(
                    StrictJson.TryParseObject("{\"auth_time\":1}"u8.ToArray())!.Value,
                    TimeSpan.MaxValue,
                    SampleConfiguration.ClockAt(Now)
                ),
            Throws.Nothing,
            "no overflow occurs"
        );
        Assert.That(() => SignedIn("null", 300), Refusal("no auth_time"));
        Assert.That(() => SignedIn("\"now\"", 300), Refusal("no auth_time"));
    }

    [TestCase("{\"acr\":\"mfa\"}", true)]
    [TestCase("{\"acr\":\"phr\"}", true)]
    [TestCase("{\"acr\":\"pwd\"}", false)]
    [TestCase("{\"acr\":\"MFA\"}", false)]
    [TestCase("{\"acr\":\"phr mfa\"}", false)]
    [TestCase("{\"acr\":\"\"}", false)]
    [TestCase("{}", false)]
    [Description("OpenID Connect Core §3.1.3.7 (12): when acr values are required, a missing or other acr is rejected")]
    public void Another_acr_than_required_is_rejected(string claims, bool accepted)
    {
        Assert.That(
            () => IdTokenClaimsValidator.ValidateAcr(Json(claims), ["phr", "mfa"]),
            accepted ? Throws.Nothing : Refusal("acr", "phr, mfa")
        );
        Assert.That(() => IdTokenClaimsValidator.ValidateAcr(Json(claims), []), Throws.Nothing, "no acr is required");
    }

    [Test]
    [Description("RFC 6749 §10.14: no message contains the nonce, and control characters of iss are replaced")]
    public void Messages_contain_no_secret_and_no_control_character()
    {
        Assert.That(
            () => Require(c => c["nonce"] = "a-strange-one"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Not.Contains(Nonce).And.Message.Not.Contains("a-strange-one")
        );
        Assert.That(
            () => Require(c => c["iss"] = "a\r\n\u001b" + new string('x', 10_000)),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'a???xxx").And.Message.Length.LessThan(500)
        );
    }

    private static JsonElement Json(string json) => StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json))!.Value;

    private static string Require(Action<JsonObject>? change = null, string? nonce = Nonce, DateTimeOffset? now = null)
    {
        var claims = new JsonObject
        {
            ["iss"] = SampleConfiguration.Issuer,
            ["sub"] = "alice",
            ["aud"] = "client-id",
            ["exp"] = Now.AddMinutes(5).ToUnixTimeSeconds(),
            ["iat"] = Now.ToUnixTimeSeconds(),
            ["nonce"] = Nonce,
        };
        change?.Invoke(claims);
        var json = StrictJson.TryParseObject(Encoding.UTF8.GetBytes(claims.ToJsonString()))!.Value;
        return IdTokenClaimsValidator.Validate(
            json,
            SampleConfiguration.Issuer,
            SampleConfiguration.Create(),
            nonce,
            SampleConfiguration.ClockAt(now ?? Now)
        );
    }

    [TestCase("""{"sub":"alice"}""", null)]
    [TestCase("""{"iss":"https://server.example.com","aud":["someone","client-id"],"exp":1893499141}""", null)]
    [TestCase("""{"iss":"https://server.example.com/"}""", "iss is 'https://server.example.com/', not 'https://server.example.com'")]
    [TestCase("""{"aud":"another"}""", "aud does not name this client")]
    [TestCase("""{"aud":[]}""", "aud does not name this client")]
    [TestCase("""{"exp":1893499140}""", "has expired")]
    [TestCase("""{"exp":"never"}""", "exp is not a number")]
    [Description("RFC 7519 §4.1, OpenID Connect Core §5.3.2: issuer, audience and expiration of a userinfo response are valid or absent")]
    public void Optional_claims_of_another_JWT_are_validated(string claims, string? words)
    {
        void Validate() => RequireIfPresent(claims, SampleConfiguration.Server);
        if (words is null)
        {
            Assert.That(Validate, Throws.Nothing);
            return;
        }
        var refusal = Assert.Throws<OAuthProtocolException>(Validate)!;
        Assert.That(refusal.Message, Does.Contain("The userinfo response").And.Contain(words));
        Assert.That(refusal.IsTransient, Is.EqualTo(words == "has expired"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (2): a userinfo response of a multi-tenant server is of one of its tenants")]
    public void The_issuer_of_another_JWT_is_a_tenant()
    {
        string template = SampleConfiguration.Issuer + "/{tenantid}";
        var tenants = SampleConfiguration.Create(o => o.IssuerTemplate = template).ConfiguredMetadata;
        Assert.That(() => RequireIfPresent("""{"iss":"https://evil.example"}""", tenants), Refusal($"not '{template}'"));
    }

    private static void RequireIfPresent(string claims, AuthorizationServerMetadata server) =>
        IdTokenClaimsValidator.ValidateIfPresent(
            UnverifiedJwt.Parse(TestKey.Rsa.Sign("RS256", """{"alg":"RS256"}""", claims), JwtType.UserInfo, ["RS256"]),
            server,
            "client-id",
            SampleConfiguration.Clock
        );
}
