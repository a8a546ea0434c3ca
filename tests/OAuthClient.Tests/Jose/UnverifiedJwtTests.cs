using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>Tests the parsing of JWTs before validation (RFC 7515 §7.1, RFC 7519 §7.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UnverifiedJwtTests
{
    private const string GoodHeader = "{\"alg\":\"RS256\",\"kid\":\"key-1\",\"typ\":\"JWT\",\"unknown\":{}}";

    [Test]
    [Description("RFC 7515 §7.1: header, payload and signature are parsed")]
    public void A_token_is_parsed()
    {
        var token = new IdToken(Token(GoodHeader, "{\"sub\":\"alice\",\"n\":1}"));
        var unverified = Parse(token.Reveal());

        Assert.That(unverified.Compact, Is.EqualTo(token.Reveal()));
        Assert.That(unverified.Algorithm, Is.EqualTo("RS256"));
        Assert.That(unverified.KeyId, Is.EqualTo("key-1"));
        Assert.That(unverified.Claims.Text("sub"), Is.EqualTo("alice"));
        Assert.That(UnverifiedJwt.ClaimsOf(token).Text("sub"), Is.EqualTo("alice"));
        Assert.That(Parse(Token("{\"alg\":\"RS256\"}")).KeyId, Is.Null);
    }

    [Test]
    [Description("OpenID Connect Core §12.2: unverified claims can be read; a malformed token returns null and causes no exception")]
    public void Unverified_claims_can_be_read()
    {
        string start = Token("not even a header", "{\"sub\":\"alice\"}");
        const int Most = 64 * 1024;

        Assert.That(UnverifiedJwt.TryReadClaims(new IdToken(start))!.Value.Text("sub"), Is.EqualTo("alice"));
        Assert.That(UnverifiedJwt.TryReadClaims(new IdToken(start + new string('A', Most - start.Length))), Is.Not.Null);
        Assert.That(UnverifiedJwt.TryReadClaims(new IdToken(start + new string('A', Most - start.Length + 1))), Is.Null);
        foreach (string broken in new[] { "a", "a.b", "a.*.c", "a.b.c.d", Token("{}", "[]"), Token("{}", "{\"a\":1,\"a\":1}") })
            Assert.That(UnverifiedJwt.TryReadClaims(new IdToken(broken)), Is.Null, broken);
    }

    [TestCase("a.b")]
    [TestCase("a")]
    [TestCase("a.b.c.d")]
    [TestCase("a.b.c.d.e")]
    [TestCase("....")]
    [Description("RFC 7515 §7.1: a signed token has three parts; five parts are an encrypted token")]
    public void Another_number_of_parts_is_rejected(string token) =>
        Assert.That(() => Parse(token), Refusal("three parts", "RFC 7515 §7.1"));

    [TestCase("none")]
    [TestCase("None")]
    [TestCase("NONE")]
    [TestCase("HS256")]
    [TestCase("HS512")]
    [TestCase("rs256")]
    [TestCase("RS384")]
    [TestCase("ES256")]
    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [TestCase("Ed448")]
    [TestCase("dir")]
    [TestCase(" RS256")]
    [Description(
        "RFC 8725 §3.1, OpenID Connect Core §3.1.3.7 (7): only an allowed algorithm is accepted, compared character by "
            + "character; the message names the option, or says that no option supports the algorithm"
    )]
    public void An_algorithm_that_is_not_allowed_is_rejected(string algorithm) =>
        Assert.That(
            () => Parse(Token($"{{\"alg\":\"{algorithm}\"}}")),
            Refusal(
                $"signed with '{algorithm}'",
                "allows only RS256",
                SignatureAlgorithms.IsEd25519(algorithm)
                        ? "add the package OAuthClient.Ed25519 and call services.AddOAuthClientEd25519(), and add it to Id"
                    : SignatureAlgorithms.Supported.Contains(algorithm) ? "add it to IdTokenSigningAlgorithms"
                    : "does not support that algorithm"
            )
        );

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (7): each of several allowed algorithms is accepted")]
    public void Each_allowed_algorithm_is_accepted()
    {
        Assert.That(Parse(Token("{\"alg\":\"ES256\"}"), "RS256", "ES256").Algorithm, Is.EqualTo("ES256"));
        Assert.That(() => Parse(Token("{\"alg\":\"PS256\"}"), "RS256", "ES256"), Refusal("allows only RS256, ES256"));
    }

    [TestCase("{}")]
    [TestCase("{\"alg\":null}")]
    [TestCase("{\"alg\":\"\"}")]
    [TestCase("{\"ALG\":\"RS256\"}")]
    [Description("RFC 7515 §4.1.1: alg is required")]
    public void A_header_without_alg_is_rejected(string header) =>
        Assert.That(() => Parse(Token(header)), Refusal("has no alg", "RFC 7515 §4.1.1"));

    [TestCase("{\"alg\":1}")]
    [TestCase("{\"alg\":[\"RS256\"]}")]
    [TestCase("{\"alg\":\"RS256\",\"kid\":1}")]
    [TestCase("{\"alg\":\"RS256\",\"kid\":\"\\ud800\"}")]
    [Description("RFC 7515 §4.1: header members must have their types")]
    public void A_header_member_of_another_type_is_rejected(string header) =>
        Assert.That(() => Parse(Token(header)), Throws.InstanceOf<OAuthProtocolException>());

    [TestCase("[\"exp\"]")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("[\"b64\"]")]
    [Description("RFC 7515 §4.1.11: an extension in crit is not supported")]
    public void A_critical_extension_is_rejected(string value) =>
        Assert.That(() => Parse(Token($"{{\"alg\":\"RS256\",\"crit\":{value},\"b64\":false}}")), Refusal("crit", "RFC 7515 §4.1.11"));

    [TestCase("{\"alg\":\"RS256\",\"alg\":\"none\"}")]
    [TestCase("{\"alg\":\"none\",\"\\u0061lg\":\"RS256\"}")]
    [TestCase("[]")]
    [TestCase("\"RS256\"")]
    [TestCase("")]
    [TestCase("{\"alg\":\"RS256\"}{}")]
    [Description("RFC 7515 §5.2, RFC 7519 §4: the header is one JSON object without duplicate members")]
    public void A_malformed_header_is_rejected(string header) =>
        Assert.That(() => Parse(Token(header)), Refusal("header is not a JSON object, or has a duplicate member"));

    [TestCase("{\"iss\":\"a\",\"iss\":\"b\"}")]
    [TestCase("{\"sub\":\"a\",\"s\\u0075b\":\"b\"}")]
    [TestCase("{\"x\":{\"a\":1,\"a\":2}}")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("")]
    [TestCase("{")]
    [Description("RFC 7519 §4: a token with a duplicate claim is rejected")]
    public void A_malformed_payload_is_rejected(string payload) =>
        Assert.That(() => Parse(Token(GoodHeader, payload)), Refusal("payload is not a JSON object, or has a duplicate member"));

    [Test]
    [Description("RFC 7515 §2: each part is base64url without padding, line breaks and white space")]
    public void A_part_that_is_not_base64url_is_rejected()
    {
        string[] parts = Token(GoodHeader).Split('.');
        foreach (string wrong in new[] { "=", "==", "+", "/", " ", "\n", "*", "\u00fc", "%3D" })
        {
            for (int part = 0; part < 3; part++)
            {
                string[] changed = [.. parts];
                changed[part] += wrong;
                Assert.That(() => Parse(string.Join('.', changed)), Refusal("not base64url", "RFC 7515 §2"), $"'{wrong}' in part {part}");
            }
        }
        Assert.That(() => Parse($"A.{parts[1]}.{parts[2]}"), Refusal("header is not base64url"), "one character is less than a byte");
        Assert.That(() => Parse($"{parts[0]}.A.{parts[2]}"), Refusal("payload is not base64url"));
    }

    [Test]
    [Description("RFC 8725 §3.2: the size is checked first; 65,536 characters are accepted, and one more is rejected")]
    public void An_oversized_token_is_rejected()
    {
        string start = Token(GoodHeader);
        const int Most = 64 * 1024;

        Assert.That(() => Parse(start + new string('A', Most - start.Length)), Throws.Nothing);
        Assert.That(() => Parse(start + new string('A', Most - start.Length + 1)), Refusal("longer than 65536 characters"));
        Assert.That(() => Parse(new string('.', 1_000_000)), Refusal("longer than 65536 characters"));
    }

    [Test]
    [Description(
        "RFC 6749 §10.14: the algorithm is truncated and without control characters in the message, which contains no "
            + "part of the token"
    )]
    public void A_hostile_algorithm_is_sanitized()
    {
        var refusal = Assert.Throws<OAuthProtocolException>(() =>
            Parse(Token($"{{\"alg\":\"a\\r\\n\\u001b\\\"{new string('x', 10_000)}\"}}"))
        );

        Assert.That(refusal!.Message, Does.Contain("'a????xxx").And.Not.Contain("\n"));
        Assert.That(refusal.Message, Has.Length.LessThan(600));
    }

    private static readonly JwtType[] Kinds = [JwtType.IdToken, JwtType.UserInfo, JwtType.LogoutToken, JwtType.Introspection];

    [TestCase("ID Token", null, true)]
    [TestCase("ID Token", "JWT", true)]
    [TestCase("ID Token", "jwt", true)]
    [TestCase("ID Token", "application/jwt", true)]
    [TestCase("ID Token", "anything", true)]
    [TestCase("ID Token", "at+jwt", false)]
    [TestCase("ID Token", "application/at+JWT", false)]
    [TestCase("ID Token", "logout+jwt", false)]
    [TestCase("userinfo response", "JWT", true)]
    [TestCase("userinfo response", "token-introspection+jwt", false)]
    [TestCase("logout token", null, true)]
    [TestCase("logout token", "JWT", true)]
    [TestCase("logout token", "logout+jwt", true)]
    [TestCase("logout token", "application/Logout+JWT", true)]
    [TestCase("logout token", "at+jwt", false)]
    [TestCase("introspection response", "token-introspection+jwt", true)]
    [TestCase("introspection response", null, false)]
    [TestCase("introspection response", "JWT", false)]
    [TestCase("introspection response", "logout+jwt", false)]
    [Description(
        "RFC 8725 §3.11, §3.12, RFC 9701 §5: a token with the explicit type of another JWT is rejected, although the same "
            + "key signed it"
    )]
    public void A_token_of_another_type_is_rejected(string name, string? type, bool accepted)
    {
        string token = Token(type is null ? "{\"alg\":\"RS256\"}" : $"{{\"alg\":\"RS256\",\"typ\":\"{type}\"}}");
        Assert.That(
            () => UnverifiedJwt.Parse(token, Kinds.Single(kind => kind.Name == name), ["RS256"]),
            accepted ? Throws.Nothing : Refusal($"The {name}'s typ is", "RFC 8725 §3.11")
        );
    }

    [Test]
    [Description("RFC 7519 §7.2: messages name the type of the token")]
    public void Messages_name_the_kind() =>
        Assert.That(() => UnverifiedJwt.Parse("a.b", JwtType.LogoutToken, ["RS256"]), Refusal("The logout token is not a signed JWT"));

    private static string Token(string header, string payload = "{}") =>
        $"{TestKey.Encode(header)}.{TestKey.Encode(payload)}.{TestKey.Encode("signature")}";

    [TestCase("logout+jwt", "logout+jwt")]
    [TestCase(null, "none")]
    [Description("RFC 8725 §3.11: the message names the type of the rejected token")]
    public void Another_type_is_named(string? type, string named)
    {
        string header = type is null ? "{\"alg\":\"RS256\"}" : $$"""{"alg":"RS256","typ":"{{type}}"}""";
        Assert.That(
            () => UnverifiedJwt.Parse(Token(header), type is null ? JwtType.Introspection : JwtType.IdToken, ["RS256"]),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains($"typ is '{named}'")
        );
    }

    private static UnverifiedJwt Parse(string token, params string[] allowed) =>
        UnverifiedJwt.Parse(token, JwtType.IdToken, allowed.Length == 0 ? ["RS256"] : allowed);
}
