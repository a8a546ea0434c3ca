using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests that the server's reason is in the exception, whatever form the error response has (RFC 6749 §5.2, RFC 9457).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ErrorResponseTests
{
    private static IEnumerable<TestCaseData> Responses()
    {
        yield return Case("standard", """{"error":"invalid_grant","error_description":"why","message":"x"}""", "invalid_grant", "why");
        yield return Case("code without a reason", """{"error":"invalid_grant"}""", "invalid_grant", null);
        yield return Case("message beside the code", """{"error":"invalid_grant","message":"why"}""", "invalid_grant", "why");
        yield return Case("nested object", """{"error":{"code":"expired","message":"why"}}""", "expired", "why");
        yield return Case("nested numeric code", """{"error":{"code":190,"message":"why"}}""", "190", "why");
        yield return Case("nested text before a number", """{"error":{"code":401,"status":"UNAUTHENTICATED"}}""", "UNAUTHENTICATED", null);
        yield return Case("list of texts", """{"errors":["one","two"]}""", null, "one; two");
        yield return Case("list of objects", """{"errors":[{"errorType":"invalid_grant","message":"why"}]}""", "invalid_grant", "why");
        yield return Case(
            "list of objects beside a message",
            """{"message":"Bad Request","errors":[{"resource":"RefreshToken","code":"invalid"}]}""",
            "invalid",
            "Bad Request"
        );
        yield return Case("fields", """{"title":"Invalid","errors":{"code":["too short"]}}""", null, "Invalid; too short");
        yield return Case("message", """{"status":400,"message":"why"}""", null, "why");
        yield return Case("error_message", """{"error_type":"OAuthException","code":400,"error_message":"why"}""", "OAuthException", "why");
        yield return Case("errcode and errmsg", """{"errcode":40029,"errmsg":"why"}""", "40029", "why");
        yield return Case("reason", """{"reason":"why"}""", null, "why");
        yield return Case("status as the code", """{"status":"BAD_CLIENT_ID","message":"why"}""", "BAD_CLIENT_ID", "why");
        yield return Case(
            "problem details",
            """{"type":"https://as.example/problems/1","title":"Denied","status":403,"detail":"why"}""",
            null,
            "Denied; why"
        );
        yield return Case(
            "fault",
            """{"fault":{"faultstring":"why","detail":{"errorcode":"oauth.v2.Invalid"}}}""",
            "oauth.v2.Invalid",
            "why"
        );
        yield return Case("data", """{"data":{"error_code":10010,"description":"why"},"message":"error"}""", "10010", "error; why");
        yield return Case("errorSummary", """{"errorCode":"E0000011","errorSummary":"why"}""", "E0000011", "why");
        yield return Case("plain text", "Refresh token\r\n not found ", null, "Refresh token not found");
        yield return Case("JSON text", "\"Refresh token not found\"", null, "Refresh token not found");
        yield return Case("page", "<html>secret</html>", null, null);
        yield return Case("truncated JSON", """{"error":"invalid_grant","acc""", null, null);
        yield return Case("form of something else", "a=secret&b=c", null, null);
        yield return Case("nothing of it", """{"note":"secret"}""", null, null);
        yield return Case("too deep", """{"error":{"error":{"error":{"error":{"code":"secret"}}}}}""", null, null);
        yield return Case("not text", """{"error":{"code":true,"message":{"a":1}},"errors":[[[1]]]}""", null, null);

        static TestCaseData Case(string name, string body, string? code, string? reason) =>
            new TestCaseData(body, code, reason).SetArgDisplayNames(name);
    }

    [TestCase("""{"data":{"tokens":["SECRET-AT","SECRET-RT"]}}""")]
    [TestCase("""{"data":["SECRET-AT"]}""")]
    [TestCase("""{"error":["SECRET-AT"]}""")]
    [TestCase("""{"success":true,"code":"SECRET-CODE","accessToken":"x"}""")]
    [Description("The response of a success without a token contains no reason in a list and no code in code: both can be secrets")]
    public async Task A_success_is_not_quoted(string body)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(200, body, "application/json"));

        var exception = Assert.CatchAsync<OAuthException>(() => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()))!;
        Assert.That(exception.ToString(), Does.Not.Contain("SECRET"));
    }

    [TestCaseSource(nameof(Responses))]
    [Description("The code and the reason are in the properties and in the message")]
    public async Task The_reason_is_in_the_exception(string body, string? code, string? reason)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(400, body, "application/json"));

        var exception = Assert.ThrowsAsync<TokenEndpointException>(() =>
            server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())
        )!;
        Assert.That((exception.Error, exception.ErrorDescription), Is.EqualTo((code, reason)));
        if (reason is not null)
            Assert.That(exception.Message, Does.Contain($"(\"{reason}\")"));
        Assert.That(exception.Message, Does.Not.Contain("secret"));
    }

    [TestCase("""{"message":"got the-client-secret"}""")]
    [TestCase("""{"error":{"code":"x","message":"got the-client-secret"}}""")]
    [TestCase("""{"errors":["got the-client-secret"]}""")]
    [TestCase("got the-client-secret")]
    [TestCase("\"got the-client-secret\"")]
    [Description("RFC 6749 §10.14, threat: secrets in exceptions. A secret that the server echoes in any form is removed")]
    public async Task An_echoed_secret_is_removed(string body)
    {
        await using ScriptedServer server = new();
        server.Answers(body, 400);
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>().With.Property("ErrorDescription").EqualTo("got [redacted]")
        );
    }

    [Test]
    [Description("RFC 6749 §10.14: the reason is printable and at most 256 characters long")]
    public async Task The_reason_is_cleaned_and_cut()
    {
        await using ScriptedServer server = new();
        server.Answers("{\"message\":\"a\\r\\nb\\u001b[31m" + new string('x', 1000) + "\"}", 400);
        var exception = Assert.ThrowsAsync<TokenEndpointException>(() =>
            server.Client.RequestTokenAsync(TokenRequest.ClientCredentials())
        )!;
        Assert.That(exception.ErrorDescription, Does.StartWith("a??b?[31mxxx").And.Length.EqualTo(256));
    }

    [TestCase("the text is at-secret", "text/plain")]
    [TestCase("\"at-secret\"", "application/json")]
    [Description("The text of a successful response can contain tokens and is not repeated")]
    public async Task A_successful_text_is_not_repeated(string body, string mediaType)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(200, body, mediaType));
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>().With.Message.Not.Contain("at-secret")
        );
    }

    [TestCase("""{"errcode":40029,"errmsg":"invalid code"}""", typeof(TokenEndpointException), "40029 (\"invalid code\")")]
    [TestCase("""{"ok":false,"error":"invalid_auth"}""", typeof(TokenEndpointException), "invalid_auth")]
    [TestCase("""{"error":{"message":"why","type":"OAuthException"}}""", typeof(TokenEndpointException), "OAuthException (\"why\")")]
    [TestCase("""{"message":"why"}""", typeof(OAuthProtocolException), "\"why\"")]
    [Description("An error of another form with status 200")]
    public async Task An_error_with_status_200(string body, Type type, string said)
    {
        await using ScriptedServer server = new();
        server.Answers(body);
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf(type).With.Message.Contain(said)
        );
    }

    [TestCase("""{"sub":"alice","sub":"bob"}""", "'sub' twice")]
    [TestCase("""{"sub":"alice","address":{"country":"a","country":"b"}}""", "'country' twice")]
    [Description("RFC 8259 §4: a member that occurs twice is called that, at each endpoint")]
    public async Task A_member_that_occurs_twice_is_named(string body, string said)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(ScriptedServer.Tokens("at"));
        server.Answers(body);
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws
                .InstanceOf<EndpointException>()
                .With.Message.Contain("with a JSON object that contains " + said)
                .And.Message.Not.Contain("instead of a JSON object")
        );
    }

    [Test]
    [Description("RFC 8259 §4: the same for metadata and keys")]
    public async Task A_member_of_metadata_that_occurs_twice_is_named()
    {
        await using ScriptedServer server = new(o =>
        {
            (o.TokenEndpoint, o.AuthorizationEndpoint, o.Issuer) = (null, null, new(ScriptedServer.Origin));
        });
        server.Answers(_ => ScriptedServer.Bytes(200, Encoding.UTF8.GetBytes("""{"issuer":"https://as.example","issuer":"x"}""")));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.InstanceOf<OAuthException>().With.Message.Contain("'issuer' twice")
        );
    }
}
