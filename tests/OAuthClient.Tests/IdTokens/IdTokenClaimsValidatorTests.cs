using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>What an ID Token must say to be ours (OpenID Connect Core §3.1.3.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IdTokenClaimsValidatorTests
{
    private const string Nonce = "the-nonce";

    private static readonly DateTimeOffset Now = SampleConfiguration.Now;

    [Test]
    [Description("OpenID Connect Core §2: the claims that are required")]
    public void A_good_token_names_its_subject() => Assert.That(Require(), Is.EqualTo("alice"));

    [TestCase("https://server.example.com/")]
    [TestCase("https://Server.example.com")]
    [TestCase("https://server.example.com:443")]
    [TestCase("http://server.example.com")]
    [TestCase("https://server.example.com.evil.com")]
    [TestCase("https://evil.example.com")]
    [Description("OpenID Connect Core §3.1.3.7 (2): the issuer, character by character")]
    public void Another_issuer_is_refused(string issuer) =>
        Assert.That(() => Require(c => c["iss"] = issuer), Refusal($"iss is '{issuer}', not '{SampleConfiguration.Issuer}'"));

    [Test]
    [Description("OpenID Connect Core §2: iss, aud, exp, iat and sub are required")]
    public void A_required_claim_that_is_absent_null_or_empty_is_missed()
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
    [Description("OpenID Connect Core §2: aud is a text or a list")]
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
    [TestCase("[\"client-id\",1]", "no string")]
    [TestCase("[\"client-id\",null]", "no string")]
    [TestCase("[[\"client-id\"]]", "no string")]
    [Description("OpenID Connect Core §3.1.3.7 (3): this client, and nobody whom it does not trust")]
    public void Another_audience_is_refused(string audience, string words) =>
        Assert.That(() => Require(c => c["aud"] = JsonNode.Parse(audience)), Refusal(words));

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (4), (5): azp, when it is there, is this client")]
    public void Another_authorized_party_is_refused()
    {
        Assert.That(() => Require(c => c["azp"] = "client-id"), Throws.Nothing);
        Assert.That(() => Require(c => c["azp"] = "other"), Refusal("azp is another client"));
        Assert.That(() => Require(c => c["azp"] = "CLIENT-ID"), Refusal("azp is another client"));
        Assert.That(() => Require(c => c["azp"] = 1), Throws.InstanceOf<OAuthProtocolException>());
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (9): after exp and one minute of leeway it is over, to the tick")]
    public void It_ends_one_minute_after_exp()
    {
        var exp = DateTimeOffset.FromUnixTimeSeconds(Now.ToUnixTimeSeconds());
        void At(TimeSpan offset) => Require(c => c["exp"] = exp.ToUnixTimeSeconds(), now: exp + offset);

        Assert.That(() => At(TimeSpan.FromMinutes(-1)), Throws.Nothing);
        Assert.That(() => At(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1)), Throws.Nothing);
        Assert.That(() => At(TimeSpan.FromMinutes(1)), Refusal("expired"));
        Assert.That(() => At(TimeSpan.FromDays(1)), Refusal("expired"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (10): one minute into the future is a clock that is off, more is an error")]
    public void It_may_be_issued_up_to_a_minute_ahead()
    {
        void Issued(TimeSpan ahead) => Require(now: Now - ahead);

        Assert.That(() => Issued(TimeSpan.FromMinutes(1)), Throws.Nothing);
        Assert.That(() => Issued(TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1)), Refusal("issued in the future", "clock"));
        Assert.That(() => Require(c => c["iat"] = 0), Throws.Nothing, "how old it may be is decided by exp");
    }

    [TestCase("253402300799")]
    [TestCase("253402300740.5")]
    [TestCase("1.9e9")]
    [TestCase("4102444800.999")]
    [Description("RFC 7519 §2: a NumericDate may be a fraction, and as far away as there is a calendar")]
    public void A_far_end_is_read(string exp) => Assert.That(() => Require(c => c["exp"] = JsonNode.Parse(exp)), Throws.Nothing);

    [TestCase("253402300800")]
    [TestCase("1e400")]
    [TestCase("-1")]
    [TestCase("-1e400")]
    [Description("RFC 7519 §2: a number beyond the calendar is no moment, and no crash")]
    public void A_number_that_is_no_moment_is_refused(string number)
    {
        Assert.That(() => Require(c => c["exp"] = JsonNode.Parse(number)), Refusal("exp is no moment"));
        Assert.That(() => Require(c => c["iat"] = JsonNode.Parse(number)), Refusal("iat is no moment"));
    }

    [TestCase("\"1893499200\"")]
    [TestCase("[1893499200]")]
    [Description("RFC 7519 §4.1.4: exp is a number, not a text that looks like one")]
    public void A_time_that_is_no_number_is_refused(string time) =>
        Assert.That(() => Require(c => c["exp"] = JsonNode.Parse(time)), Refusal("no exp, or one that is no number"));

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (11): the nonce of this very request; without one in the request, any")]
    public void Another_nonce_is_refused()
    {
        foreach (JsonNode? nonce in new JsonNode?[] { null, "", "other", "THE-NONCE", "the-nonce ", "the-nonc" })
            Assert.That(
                () => Require(c => c["nonce"] = nonce?.DeepClone()),
                Refusal("nonce is not that of the authorization request"),
                nonce?.ToJsonString()
            );
        Assert.That(() => Require(c => c.Remove("nonce")), Refusal("nonce is not that"));
        Assert.That(() => Require(c => c["nonce"] = 1), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => Require(c => c["nonce"] = "other", nonce: null), Throws.Nothing);
        Assert.That(() => Require(c => c.Remove("nonce"), nonce: null), Throws.Nothing);
    }

    [Test]
    [Description(
        "OpenID Connect Core §2, §3.1.3.7 (13): after max_age the token says when the user signed in, and not longer ago than that and the leeway"
    )]
    public void A_sign_in_may_be_as_old_as_max_age_allows()
    {
        static void SignedIn(string ago, int maxAge) =>
            IdTokenClaimsValidator.ValidateMaxAge(
                StrictJson.TryParseObject(Encoding.UTF8.GetBytes($"{{\"auth_time\":{ago}}}"))!.Value,
                TimeSpan.FromSeconds(maxAge),
                Now
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
                    Now
                ),
            Throws.Nothing,
            "no overflow"
        );
        Assert.That(() => SignedIn("null", 300), Refusal("no auth_time"));
        Assert.That(() => SignedIn("\"now\"", 300), Refusal("no auth_time"));
    }

    // The example of OpenID Connect Core A.3 for the first; the others by sha384sum and sha512sum.
    [TestCase("RS256", "77QmUPtjPfzWtF2AnpK9RQ")]
    [TestCase("ES256", "77QmUPtjPfzWtF2AnpK9RQ")]
    [TestCase("PS384", "@384")]
    [TestCase("ES512", "@512")]
    [TestCase("HS512", "@512")]
    [Description(
        "OpenID Connect Core §3.1.3.6, §3.1.3.8: at_hash is the left half of the access token's hash, by the hash of the signature's algorithm"
    )]
    public void An_access_token_of_another_response_is_refused(string algorithm, string hash)
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
            "it is optional"
        );
        Assert.That(() => Check($"\"{hash}\"", "another"), Refusal("at_hash", "not issued together"));
        foreach (string wrong in new[] { $"\"{hash}=\"", $"\"{hash[..^1]}\"", $"\"{hash.ToLowerInvariant()}\"", "\"\"", "1", "[]" })
            Assert.That(() => Check(wrong), Refusal("at_hash"), wrong);
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.6: the hash of another algorithm is another hash")]
    public void The_algorithm_decides_on_the_hash() =>
        Assert.That(
            () =>
                IdTokenClaimsValidator.ValidateAccessTokenHash(
                    Json("{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}"),
                    "RS512",
                    Token("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
                ),
            Refusal("at_hash")
        );

    [TestCase("{\"acr\":\"mfa\"}", true)]
    [TestCase("{\"acr\":\"phr\"}", true)]
    [TestCase("{\"acr\":\"pwd\"}", false)]
    [TestCase("{\"acr\":\"MFA\"}", false)]
    [TestCase("{\"acr\":\"phr mfa\"}", false)]
    [TestCase("{\"acr\":\"\"}", false)]
    [TestCase("{}", false)]
    [Description("OpenID Connect Core §3.1.3.7 (12): where an acr was demanded another one, or none, is refused")]
    public void A_weaker_authentication_than_demanded_is_refused(string claims, bool accepted)
    {
        Assert.That(
            () => IdTokenClaimsValidator.ValidateAcr(Json(claims), ["phr", "mfa"]),
            accepted ? Throws.Nothing : Refusal("acr", "phr, mfa")
        );
        Assert.That(() => IdTokenClaimsValidator.ValidateAcr(Json(claims), []), Throws.Nothing, "nothing was demanded");
    }

    [TestCase("{}", null)]
    [TestCase("{\"nonce\":\"n\",\"auth_time\":100}", null)]
    [TestCase("{\"auth_time\":1.00e2}", null)]
    [TestCase("{\"auth_time\":101}", "another auth_time")]
    [TestCase("{\"nonce\":\"other\"}", "another nonce")]
    [TestCase("{\"sub\":\"bob\"}", "another user")]
    [TestCase("{\"sub\":null}", "another user")]
    [TestCase("{\"iss\":\"https://other.example.com\"}", "another issuer")]
    [TestCase("{\"iss\":\"https://server.example.com/\"}", "another issuer")]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token has the iss, sub, nonce and auth_time of the first")]
    public void A_refreshed_token_about_another_authentication_is_refused(string changes, string? words)
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
    [Description(
        "OpenID Connect Core §12.2: what the first did not say is not held against the refreshed one, except a nonce, which was never asked for"
    )]
    public void A_refreshed_token_may_say_more()
    {
        void Check(string refreshed, JsonElement? first) =>
            IdTokenClaimsValidator.ValidateSameAuthentication(Json(refreshed), null, "i", first);

        Assert.That(() => Check("{\"iss\":\"i\",\"auth_time\":5}", Json("{\"iss\":\"i\"}")), Throws.Nothing);
        Assert.That(() => Check("{\"iss\":\"i\",\"nonce\":\"n\"}", Json("{\"iss\":\"i\"}")), Refusal("another nonce"));
        Assert.That(() => Check("{\"iss\":\"i\",\"nonce\":\"n\"}", null), Throws.Nothing, "there is none to compare with");
        Assert.That(() => Check("{\"iss\":\"other\"}", null), Refusal("another issuer"));
    }

    [Test]
    [Description("RFC 6749 §10.14: no message repeats the nonce, and a hostile iss is made printable")]
    public void Messages_hold_no_secret_and_no_control_character()
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

    private static AccessToken Token(string value) => new(value, Now, null, [], []);

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
        return IdTokenClaimsValidator.Validate(json, SampleConfiguration.Issuer, "client-id", nonce, now ?? Now);
    }

    private static NUnit.Framework.Constraints.Constraint Refusal(params string[] words)
    {
        NUnit.Framework.Constraints.Constraint refusal = Throws.InstanceOf<OAuthProtocolException>();
        foreach (string word in words)
            refusal = refusal.And.Message.Contains(word);
        return refusal;
    }

    [Test]
    [Description(
        "RFC 7519 §4.1: another JWT of the server that is over may be a matter of clocks; one from elsewhere is not, and is named"
    )]
    public void What_any_other_jwt_says()
    {
        UnverifiedJwt Userinfo(string claims) =>
            UnverifiedJwt.Parse(TestKey.Rsa.Sign("RS256", """{"alg":"RS256"}""", claims), JwtType.UserInfo, ["RS256"]);
        void Require(string claims, AuthorizationServerMetadata server) =>
            IdTokenClaimsValidator.ValidateIfPresent(Userinfo(claims), server, "client-id", SampleConfiguration.Now);

        Assert.That(
            Assert.Throws<OAuthProtocolException>(() => Require("""{"exp":1}""", SampleConfiguration.Server))!.IsTransient,
            Is.True
        );
        var elsewhere = Assert.Throws<OAuthProtocolException>(() =>
            Require("""{"iss":"https://evil.example"}""", SampleConfiguration.Server)
        )!;
        Assert.That(elsewhere.IsTransient, Is.False);
        Assert.That(elsewhere.Message, Does.Contain("'https://evil.example'").And.Contain($"not '{SampleConfiguration.Issuer}'"));
        string template = SampleConfiguration.Issuer + "/{tenantid}";
        var tenants = SampleConfiguration.Create(o => o.IssuerTemplate = template).ConfiguredMetadata;
        Assert.That(
            () => Require("""{"iss":"https://evil.example"}""", tenants),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains($"not '{template}'")
        );
    }

    [Test]
    [Description(
        "OpenID Connect Core §12.2: the issuer of the first ID Token, which may be one tenant's of many; the server's own where there was none"
    )]
    public void The_issuer_of_the_first()
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
