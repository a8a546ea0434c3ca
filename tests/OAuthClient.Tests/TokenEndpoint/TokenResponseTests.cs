using System.Text;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests parsing of a successful token response (RFC 6749 §5.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenResponseTests
{
    private const long TenYears = 315_360_000;

    [Test]
    [Description("RFC 6749 §5.1: all members")]
    public async Task Whole_response()
    {
        await using ScriptedServer server = new();
        server.Answers(
            """{"access_token":"at|1","token_type":"Bearer","expires_in":3600,"refresh_token":"rt","scope":"b a","id_token":"it"}"""
        );
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["a"], [new("https://one.example")]));
        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("at|1"));
        Assert.That(response.AccessToken.AuthorizationHeader, Is.EqualTo("Bearer at|1"));
        Assert.That(response.AccessToken.IssuedAt, Is.EqualTo(server.Clock.GetUtcNow()));
        Assert.That(response.AccessToken.ExpiresAt, Is.EqualTo(server.Clock.GetUtcNow().AddHours(1)));
        Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "b", "a" }));
        Assert.That(response.AccessToken.Resources, Is.EqualTo(new[] { "https://one.example" }));
        Assert.That(response.AccessToken.TokenType, Is.EqualTo("Bearer"));
        Assert.That(response.RefreshToken!.Reveal(), Is.EqualTo("rt"));
        Assert.That(response.IdToken!.Reveal(), Is.EqualTo("it"));
        Assert.That(response.AdditionalMembers, Is.Empty);
    }

    [TestCase("3600", 3600)]
    [TestCase("\"3600\"", 3600)]
    [TestCase("3599.9", 3599)]
    [TestCase("\"3599.9\"", 3599)]
    [TestCase("0", 0)]
    [TestCase("315360000", TenYears)]
    [TestCase("315360001", TenYears)]
    [TestCase("1000000000000000000", TenYears)]
    [TestCase("1e400", TenYears)]
    [TestCase("null", null)]
    [Description(
        "RFC 6749 §5.1, threat: malicious JSON. expires_in is clamped to the range from zero to ten years; a fraction is rounded down"
    )]
    public async Task Lifetime(string expiresIn, long? seconds)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at","token_type":"Bearer","expires_in":{{expiresIn}}}""");
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(
            response.AccessToken.ExpiresAt,
            Is.EqualTo(seconds is null ? (DateTimeOffset?)null : server.Clock.GetUtcNow().AddSeconds(seconds.Value))
        );
    }

    [Test]
    [Description("A lifetime counts from before the request was sent, so that the token never expires later here than at the server")]
    public async Task Lifetime_counts_from_before_the_request()
    {
        await using ScriptedServer server = new();
        var before = server.Clock.GetUtcNow();
        server.Answers(_ =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(9));
            return ScriptedServer.Json(200, """{"access_token":"at","token_type":"Bearer","expires_in":60}""");
        });
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(response.AccessToken.IssuedAt, Is.EqualTo(before));
        Assert.That(response.AccessToken.ExpiresAt, Is.EqualTo(before.AddSeconds(60)));
    }

    [TestCase("Bearer")]
    [TestCase("bearer")]
    [TestCase("BEARER")]
    [Description("RFC 6749 §5.1: token_type is case-insensitive and is presented as Bearer")]
    public async Task Token_type_of_any_case(string type)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at","token_type":"{{type}}"}""");
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(response.AccessToken.AuthorizationHeader, Is.EqualTo("Bearer at"));
    }

    [TestCase("\"mac\"", "'mac'")]
    [TestCase("\"DPoP\"", "'DPoP'")]
    [TestCase("\"bot\"", "Adaptation.BearerTokenTypes")]
    [TestCase("5", "token_type")]
    [TestCase("true", "token_type")]
    [TestCase("{}", "token_type")]
    [TestCase("[\"Bearer\",\"mac\"]", "token_type")]
    [TestCase("[\"mac\"]", "'mac'")]
    [Description("RFC 6749 §7.1: a token of an unknown type MUST NOT be used")]
    public async Task Unknown_token_type(string type, string said)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at-secret","token_type":{{type}}}""");
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(said).And.Message.Not.Contain("at-secret")
        );
    }

    [Test]
    [Description("Threat: secrets in exceptions. A token or a sent value in the token_type member is not in the message")]
    public async Task Token_as_token_type([Values("at-secret", "rt-secret", "the-client-secret")] string type)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at-secret","token_type":"{{type}}"}""");
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.Refresh(new("rt-secret"))),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("[redacted]").And.Message.Not.Contain(type)
        );
    }

    [TestCase("""{"token_type":"Bearer"}""", "no access_token")]
    [TestCase("""{"access_token":null,"token_type":"Bearer"}""", "no access_token")]
    [TestCase("""{"access_token":"","token_type":"Bearer"}""", "no access_token")]
    [TestCase("""{"access_token":5,"token_type":"Bearer"}""", "access_token")]
    [TestCase("""{"access_token":"a\ud800","token_type":"Bearer"}""", "access_token")]
    [TestCase("""{"access_token":["at"],"token_type":"Bearer"}""", "access_token")]
    [TestCase("{}", "no access_token")]
    [Description("RFC 6749 §5.1: a required member that is missing or has the wrong type")]
    public async Task Member_missing_or_wrong(string body, string said)
    {
        await using ScriptedServer server = new();
        server.Answers(body);
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(said)
        );
    }

    [TestCase("\\r\\nX-Injected: 1")]
    [TestCase("\\n")]
    [TestCase("\\u0000")]
    [TestCase("\\u007f")]
    [TestCase("\\u00e9")]
    [Description("RFC 6749 A.12, threat: CR, LF or NUL in a token. Such a token is neither used nor shown")]
    public async Task Token_with_a_forbidden_character(string character)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"secret{{character}}part","token_type":"Bearer"}""");
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contain("A.12")
                .And.Message.Not.Contain("secret")
                .And.Message.Not.Contain("part")
        );
    }

    [TestCase("", "asked also-asked")]
    [TestCase(",\"scope\":null", "asked also-asked")]
    [TestCase(",\"scope\":\"\"", "")]
    [TestCase(",\"scope\":\"asked\"", "asked")]
    [TestCase(",\"scope\":\"asked extra\"", "asked extra")]
    [TestCase(",\"scope\":\" asked  asked also-asked \"", "asked also-asked")]
    [Description(
        "RFC 6749 §5.1, threat: scope widening. An absent scope means the requested one; a stated scope is taken from the "
            + "server and never widened"
    )]
    public async Task Scopes(string member, string expected)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at","token_type":"Bearer"{{member}}}""");
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["asked", "also-asked"]));
        Assert.That(string.Join(' ', response.AccessToken.Scopes), Is.EqualTo(expected));
    }

    [Test]
    [Description("RFC 6749 §5.1: without a requested or stated scope the token has no known scope")]
    public async Task No_scopes()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["registered"]);
        Assert.That((await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken.Scopes, Is.Empty);
        Assert.That((await server.Client.RequestTokenAsync(TokenRequest.Refresh(new("rt")))).AccessToken.Scopes, Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §5.1: unrecognized members are ignored by the library and kept for the application")]
    public async Task Unknown_members()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","team":{"id":7},"Scope":"x","expires_in":null}""");
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(response.AdditionalMembers.Keys, Is.EquivalentTo(new[] { "team", "Scope" }));
        Assert.That(response.AdditionalMembers["team"].GetProperty("id").GetInt32(), Is.EqualTo(7));
        Assert.That(response.AdditionalMembers["Scope"].ValueKind, Is.EqualTo(JsonValueKind.String));
    }

    [Test]
    [Description("RFC 6749 §5.1: an error member of null, which some serializers write, is not an error")]
    public async Task Null_error()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","error":null,"error_description":null}""");
        Assert.That((await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken.Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description("The media type is ignored, since some servers send a wrong one")]
    public async Task Json_with_another_media_type()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(200, """{"access_token":"at","token_type":"Bearer"}""", "text/html"));
        Assert.That((await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken.Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description(
        "Threat: malicious JSON. A valid response with any byte changed is read or rejected with an OAuthException, and its "
            + "content is never shown"
    )]
    public async Task Mutated_responses()
    {
        byte[] valid = Encoding.UTF8.GetBytes(
            """{"access_token":"SECRET-VALUE","token_type":"Bearer","expires_in":3600,"scope":"a b","refresh_token":"SECRET-VALUE","""
                + """ "x\u00e9":["\ud83d\ude00",1.5e3,null]}"""
        );
        await using ScriptedServer server = new();
        byte[] replacements =
        [
            0,
            (byte)'"',
            (byte)'\\',
            (byte)'{',
            (byte)'}',
            (byte)',',
            (byte)':',
            (byte)'9',
            (byte)'-',
            (byte)'u',
            (byte)'d',
            0xC3,
            0xFF,
        ];
        for (int position = 0; position < valid.Length; position++)
        {
            foreach (byte replacement in replacements)
            {
                byte[] mutated = [.. valid];
                mutated[position] = replacement;
                server.Answers(_ => ScriptedServer.Bytes(200, mutated));
                try
                {
                    await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
                }
                catch (OAuthException exception)
                {
                    Assert.That(exception.ToString(), Does.Not.Contain("SECRET"), $"byte {position} as {replacement}");
                }
            }
        }
    }
}
