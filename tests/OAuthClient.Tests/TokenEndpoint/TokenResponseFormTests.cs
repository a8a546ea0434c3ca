using System.Text;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a token response is used although its form deviates from RFC 6749 §5.1, and that each kind of deviation is logged once.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenResponseFormTests
{
    private static readonly DateTimeOffset Now = new ManualTimeProvider().GetUtcNow();

    private static IEnumerable<TestCaseData> Responses()
    {
        yield return Case("no token_type", """{"access_token":"at"}""", "no token_type");
        yield return Case("token_type null", """{"access_token":"at","token_type":null}""", "no token_type");
        yield return Case("token_type empty", """{"access_token":"at","token_type":""}""", "no token_type");
        yield return Case("token_type in a list", """{"access_token":"at","token_type":["Bearer"]}""", "token_type is not a plain text");
        yield return Case("token_type with a space", """{"access_token":"at","token_type":"Bearer "}""", logged: null);
        yield return Case("scope as a number", """{"access_token":"at","token_type":"Bearer","scope":5}""", "scope cannot be read");
        yield return Case("scope as an object", """{"access_token":"at","token_type":"Bearer","scope":{"a":1}}""", "scope cannot be read");
        yield return Case(
            "refresh_token as a number",
            """{"access_token":"at","token_type":"Bearer","refresh_token":5}""",
            "refresh_token"
        );
        yield return Case("refresh_token empty", """{"access_token":"at","token_type":"Bearer","refresh_token":""}""", logged: null);
        yield return Case("id_token as an object", """{"access_token":"at","token_type":"Bearer","id_token":{}}""", "id_token");
        yield return Case("id_token empty", """{"access_token":"at","token_type":"Bearer","id_token":""}""", logged: null);
        yield return Case("error empty", """{"access_token":"at","token_type":"Bearer","error":""}""", logged: null);
        yield return Case("error false", """{"access_token":"at","token_type":"Bearer","error":false}""", logged: null);
        yield return Case("error empty list", """{"access_token":"at","token_type":"Bearer","error":[]}""", logged: null);
        yield return Case("errcode 0", """{"access_token":"at","token_type":"Bearer","errcode":0}""", logged: null);
        yield return Case("comma at the end", """{"access_token":"at","token_type":"Bearer",}""", logged: null);
        yield return Case("name as half a character", """{"access_token":"at","token_type":"Bearer","\ud800":1}""", "valid Unicode");
        yield return Case("unknown member twice", """{"access_token":"at","token_type":"Bearer","x":1,"x":2}""", "occurs twice");
        yield return Case("token_type twice", """{"access_token":"at","token_type":"x","token_type":"Bearer"}""", "occurs twice");
        yield return Case("form", "access_token=at&token_type=bearer", "the response is a form");
        yield return Case("form with a line break", "access_token=at&token_type=bearer\n", "the response is a form");
        yield return Case("byte order mark", "\uFEFF" + """{"access_token":"at","token_type":"Bearer"}""", logged: null);

        static TestCaseData Case(string name, string body, string? logged) => new TestCaseData(body, logged).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Responses))]
    [Description("RFC 6749 §5.1: a slip of form does not make the access token unusable; it is logged once for all responses")]
    public async Task A_response_with_a_slip_of_form_is_used(string body, string? logged)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Bytes(200, Encoding.UTF8.GetBytes(body)));

        for (int i = 0; i < 2; i++)
        {
            var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["asked"]));
            Assert.That(response.AccessToken.AuthorizationHeader, Is.EqualTo("Bearer at"));
            Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "asked" }));
            Assert.That((response.RefreshToken, response.IdToken), Is.EqualTo(((RefreshToken?)null, (IdToken?)null)));
        }

        var events = server.Log.Events(351);
        Assert.That(events.Select(entry => entry.Message), logged is null ? Is.Empty : Has.One.Contains(logged));
        Assert.That(events.Select(entry => entry.Message), Has.None.Contains("at-"));
    }

    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("text/plain")]
    [TestCase("text/html")]
    [TestCase("application/json")]
    [Description("A form is recognized by its content, whatever its media type; values are decoded")]
    public async Task A_form_is_read(string mediaType)
    {
        await using ScriptedServer server = new();
        server.Answers(_ =>
            ScriptedServer.Text(
                200,
                "access_token=a%2Bt&scope=repo%2Cgist&token_type=bearer&expires_in=60&refresh_token=r+t&team=x",
                mediaType
            )
        );
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("a+t"));
        Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "repo", "gist" }));
        Assert.That(response.AccessToken.ExpiresAt, Is.EqualTo(server.Clock.GetUtcNow().AddSeconds(60)));
        Assert.That(response.RefreshToken!.Reveal(), Is.EqualTo("r t"));
        Assert.That(response.AdditionalMembers["team"].GetString(), Is.EqualTo("x"));
    }

    [Test]
    [Description("RFC 6749 §5.2: an error in a form is an error")]
    public async Task An_error_in_a_form_is_read([Values(200, 400)] int status)
    {
        await using ScriptedServer server = new();
        server.Answers(_ =>
            ScriptedServer.Text(status, "error=bad_verification_code&error_description=The+code+has+expired.", "text/plain")
        );

        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property("Error")
                .EqualTo("bad_verification_code")
                .And.Property("ErrorDescription")
                .EqualTo("The code has expired.")
        );
    }

    [TestCase("<html>access_token=at&token_type=bearer</html>")]
    [TestCase("access_token")]
    [TestCase("please=send&an=e-mail")]
    [TestCase("access_token=at&<b>=1")]
    [Description("A text that is no token response is not read as a form")]
    public async Task Another_text_is_no_form(string body)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(200, body, "text/plain"));
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>().With.Message.Contain("instead of a JSON object").And.Message.Not.Contain("=at")
        );
    }

    [TestCase("""{"access_token":"at","access_token":"at","token_type":"Bearer"}""", "access_token")]
    [TestCase("""{"access_token":"at","access\u005ftoken":"at-2","token_type":"Bearer"}""", "access_token")]
    [TestCase("""{"access_token":"at","token_type":"Bearer","refresh_token":"a","refresh_token":"b"}""", "refresh_token")]
    [TestCase("""{"access_token":"at","token_type":"Bearer","id_token":"a","id_token":"b"}""", "id_token")]
    [TestCase("""{"access_token":"at","token_type":"Bearer","error":null,"error":"x"}""", "error")]
    [TestCase("access_token=at&access_token=at-2", "access_token")]
    [Description(
        "RFC 8259 §4: of two tokens it is not known which one the server means, so the response is rejected in a sentence that says so"
    )]
    public async Task A_token_that_occurs_twice_is_rejected(string body, string name)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(200, body, "application/json"));
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain($"'{name}' twice").And.Message.Not.Contain("at-2")
        );
    }

    private static IEnumerable<TestCaseData> Lifetimes()
    {
        yield return Case("\"\"", null);
        yield return Case("\" 3600 \"", Now.AddHours(1));
        yield return Case("-1", Now);
        yield return Case("\"-1\"", Now);
        yield return Case("-0.5", Now);
        yield return Case("-1e400", Now);
        yield return Case("\"soon\"", null);
        yield return Case("\"3,600\"", null);
        yield return Case("\"NaN\"", null);
        yield return Case("\"Infinity\"", null);
        yield return Case("\"\\ud800\"", null);
        yield return Case("{}", null);
        yield return Case("[3600]", null);
        yield return Case("true", null);
        yield return Case($"\"{Now.AddHours(1):R}\"", Now.AddHours(1));
        yield return Case($"\"{Now.AddHours(1):O}\"", Now.AddHours(1));
        yield return Case($"\"{Now.AddHours(1):yyyy-MM-dd HH:mm:ss}\"", Now.AddHours(1));
        yield return Case($"\"{Now.AddHours(-1):R}\"", Now);
        yield return Case($"{Now.AddHours(1).ToUnixTimeSeconds()}", Now.AddHours(1));
        yield return Case($"\"{Now.AddHours(1).ToUnixTimeMilliseconds()}\"", Now.AddHours(1));

        static TestCaseData Case(string value, DateTimeOffset? end) => new TestCaseData(value, end).SetArgDisplayNames(value);
    }

    [TestCaseSource(nameof(Lifetimes))]
    [Description("RFC 6749 §5.1: expires_in of any form. What cannot be read states no lifetime")]
    public async Task Lifetime_of_any_form(string value, DateTimeOffset? end)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at","token_type":"Bearer","expires_in":{{value}}}""");
        var token = (await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken;
        Assert.That(token.ExpiresAt?.ToUnixTimeSeconds(), Is.EqualTo(end?.ToUnixTimeSeconds()));
    }

    [Test]
    [Description("Servers that state the time of the end only")]
    public async Task Expires_at_is_read()
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at","token_type":"Bearer","expires_at":{{Now.AddHours(1).ToUnixTimeSeconds()}}}""");
        var token = (await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken;
        Assert.That(token.ExpiresAt!.Value.ToUnixTimeSeconds(), Is.EqualTo(Now.AddHours(1).ToUnixTimeSeconds()));
    }

    [TestCase("""["a","b"]""", "a b")]
    [TestCase("""["a b","b"]""", "a b")]
    [TestCase("""["a",5,null]""", "a")]
    [TestCase("[]", "")]
    [TestCase("\"a,b\"", "a b")]
    [TestCase("\"a, b\"", "a b")]
    [TestCase("\"asked,twice c\"", "asked,twice c")]
    [TestCase("\"asked,twice,c\"", "asked twice c")]
    [Description("RFC 6749 §3.3: scopes as an array, or separated by commas")]
    public async Task Scopes_of_any_form(string value, string expected)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"access_token":"at","token_type":"Bearer","scope":{{value}}}""");
        var token = (await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["asked,twice", "c"]))).AccessToken;
        Assert.That(string.Join(' ', token.Scopes), Is.EqualTo(expected));
    }

    [Test]
    [Description("A server that names the member scopes")]
    public async Task Scopes_under_another_name_are_read()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","scopes":["a","b"]}""");
        var token = (await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["x"]))).AccessToken;
        Assert.That(token.Scopes, Is.EqualTo(new[] { "a", "b" }));
    }

    [TestCase("bot")]
    [TestCase("Bot")]
    [Description("RFC 6749 §7.1: a word that the server uses for Bearer is an option")]
    public async Task Another_word_for_Bearer_is_an_option(string type)
    {
        await using ScriptedServer server = new(o => o.Adaptation.BearerTokenTypes = ["bot", "user"]);
        server.Answers($$"""{"access_token":"at","token_type":"{{type}}"}""");
        Assert.That((await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken.TokenType, Is.EqualTo("Bearer"));
    }

    [Test]
    [Description("Tokens in an object of the response. The members beside it are kept, other tokens of the response are not")]
    public async Task Nested_tokens_are_read()
    {
        await using ScriptedServer server = new(o => o.Adaptation.TokenPath = ["authed_user"]);
        server.Answers(
            """
            {"ok":true,"access_token":"of-the-bot","refresh_token":"of-the-bot-too","team":{"id":"T1"},"id":"outer",
             "authed_user":{"access_token":"at","refresh_token":"rt","id":"U1","scope":"a,b"}}
            """
        );
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That((response.AccessToken.Reveal(), response.RefreshToken!.Reveal()), Is.EqualTo(("at", "rt")));
        Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(response.AdditionalMembers.Keys, Is.EquivalentTo(new[] { "ok", "team", "id" }));
        Assert.That(response.AdditionalMembers["id"].GetString(), Is.EqualTo("U1"));
    }

    [TestCase("""{"ok":true,"access_token":"of-the-bot","refresh_token":"of-the-bot-too"}""")]
    [TestCase("""{"ok":true,"access_token":"of-the-bot","authed_user":{"id":"U1"}}""")]
    [TestCase("""{"ok":true,"access_token":"of-the-bot","authed_user":null}""")]
    [Description("Threat: token substitution. Without scopes of the user, Slack issues the bot's token only: it is not the user's")]
    public async Task The_tokens_of_another_account_are_not_used(string response)
    {
        await using ScriptedServer server = new(o => o.Adaptation.TokenPath = ["authed_user"]);
        server.Answers(response);

        Assert.That(
            async () => await server.SignInAsync(),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contains("Adaptation.TokenPath ('authed_user')")
                .And.Message.Not.Contains("of-the-bot")
        );
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("An error of a server with a path stays the error of the server")]
    public async Task An_error_without_the_path_is_reported()
    {
        await using ScriptedServer server = new(o => o.Adaptation.TokenPath = ["authed_user"]);
        server.Answers("""{"ok":false,"error":"invalid_code"}""");

        Assert.That(
            async () => await server.SignInAsync(),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_code")
        );
    }

    [Test]
    [Description("RFC 6749 §6: a refresh returns the tokens of the account of the refresh token, also at the top of the response")]
    public async Task The_tokens_of_a_refresh_may_be_at_the_top()
    {
        await using ScriptedServer server = new(o => o.Adaptation.TokenPath = ["authed_user"]);
        var grant = await server.SignedInAsync("""{"ok":true,"authed_user":{"access_token":"at1","refresh_token":"rt1"}}""");
        server.Answers(ScriptedServer.Tokens("at2", "rt2"));

        var token = await server.Client.GetAccessTokenAsync(grant.Owner, new() { RejectedToken = grant.AccessToken });

        Assert.That(token.Reveal(), Is.EqualTo("at2"));
    }
}
