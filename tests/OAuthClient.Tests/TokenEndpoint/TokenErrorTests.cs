using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient.Tests;

/// <summary>Tests the exceptions for error responses and unusable responses (RFC 6749 §5.2): advice, and no secret.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenErrorTests
{
    private static readonly Uri Endpoint = new("https://as.example/token");

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(429)]
    [TestCase(500)]
    [TestCase(503)]
    [Description("RFC 6749 §5.2: endpoint, status, error and description are in the properties and in the message")]
    public async Task Error_object(int status)
    {
        await using ScriptedServer server = new(o => o.TokenEndpoint = new("https://as.example/token?key=hidden"));
        server.Answers(
            """{"error":"invalid_request","error_description":"a word","error_uri":"https://as.example/help","access_token":"at-secret"}""",
            status
        );
        var exception = await RequireErrorAsync(server);
        Assert.That(exception.Endpoint, Is.EqualTo(Endpoint));
        Assert.That(exception.StatusCode, Is.EqualTo((HttpStatusCode)status));
        Assert.That(exception.Error, Is.EqualTo("invalid_request"));
        Assert.That(exception.ErrorDescription, Is.EqualTo("a word"));
        Assert.That(exception.ErrorUri, Is.EqualTo("https://as.example/help"));
        Assert.That(exception.RetryAfter, Is.Null);
        Assert.That(
            exception.Message,
            Is.EqualTo($"The token endpoint (https://as.example/token) answered {status} invalid_request (\"a word\").")
        );
    }

    [TestCase("invalid_client", "ClientSecret")]
    [TestCase("invalid_scope", "Scopes")]
    [TestCase("invalid_authorization_details", "AuthorizationDetails")]
    [TestCase("unauthorized_client", "registration")]
    [TestCase("unsupported_grant_type", "does not support")]
    [Description("The message states the most likely cause of each error code")]
    public async Task Advice(string error, string advice)
    {
        await using ScriptedServer server = new();
        server.Answers($$"""{"error":"{{error}}"}""", 400);
        var exception = await RequireErrorAsync(server);
        Assert.That(exception.Message, Does.Contain($"answered 400 {error}: ").And.Contain(advice));
    }

    [Test]
    [Description("RFC 6749 §5.2: some servers respond with status 200 and an error; the response is not a token, even if it contains one")]
    public async Task Error_in_a_200()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"bad_verification_code","access_token":"at","token_type":"Bearer"}""");
        var exception = await RequireErrorAsync(server);
        Assert.That(exception.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(exception.Error, Is.EqualTo("bad_verification_code"));
    }

    private static IEnumerable<TestCaseData> UnusableResponses()
    {
        yield return Case("HTML", 200, "<html>at-secret</html>", "text/html", "22 bytes of text/html instead of a JSON object");
        yield return Case("HTML of a gateway", 502, "<html>at-secret</html>", "text/html", "answered 502 with 22 bytes of text/html");
        yield return Case("nothing", 200, "", "application/json", "without a body");
        yield return Case("nothing of a failing server", 500, "", "application/json", "answered 500 without a body");
        yield return Case("one byte", 200, "x", "text/plain", "1 byte of text/plain");
        yield return Case("array", 200, """[{"access_token":"at-secret"}]""", "application/json", "instead of a JSON object");
        yield return Case("string", 200, "\"at-secret\"", "application/json", "instead of a JSON object");
        yield return Case("number", 200, "5", "application/json", "instead of a JSON object");
        yield return Case("null", 200, "null", "application/json", "instead of a JSON object");
        yield return Case("truncated", 200, """{"access_token":"at-secret","token_ty""", "application/json", "instead of a JSON object");
        yield return Case(
            "two objects",
            200,
            """{"access_token":"at-secret","token_type":"Bearer"}{}""",
            "application/json",
            "instead of a JSON object"
        );
        yield return Case("1,000 deep", 200, Deep(1000), "application/json", "instead of a JSON object");
        yield return Case("33 deep", 200, Deep(33), "application/json", "instead of a JSON object");
        yield return Case(
            "object without error",
            400,
            """{"note":"at-secret"}""",
            "application/json",
            "answered 400 with a JSON object that has no error code"
        );
        yield return Case("empty error object", 400, """{"error":{}}""", "application/json", "has no error code");
        yield return Case("error as half a character", 400, """{"error":"\ud800at-secret"}""", "application/json", "answered 400");
        yield return Case(
            "description as half a character",
            400,
            """{"error":"invalid_request","error_description":"\ud800"}""",
            "application/json",
            "answered 400 invalid_request"
        );
        yield return Case(
            "name as half a character",
            400,
            """{"error":"invalid_grant","\ud800":"at-secret"}""",
            "application/json",
            "instead of a JSON object"
        );
        yield return Case(
            "error twice",
            400,
            """{"error":"invalid_grant","error":"at-secret"}""",
            "application/json",
            "answered 400 with a JSON object that contains 'error' twice"
        );

        static TestCaseData Case(string name, int status, string body, string type, string said) =>
            new TestCaseData(status, body, type, said).SetArgDisplayNames(name);
        static string Deep(int depth) =>
            """{"access_token":"at-secret","token_type":"Bearer","x":""" + new string('[', depth - 1) + new string(']', depth - 1) + "}";
    }

    [TestCaseSource(nameof(UnusableResponses))]
    [Description("RFC 6749 §5.1–5.2: an unusable response is described by its kind and size, and none of its content is repeated")]
    public async Task Unusable_response(int status, string body, string mediaType, string said)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Text(status, body, mediaType));
        var exception = await RequireErrorAsync(server);
        Assert.That(
            exception.Message,
            Does.StartWith("The token endpoint (https://as.example/token) answered ").And.Contain(said).And.Not.Contain("at-secret")
        );
        Assert.That(exception.StatusCode, Is.EqualTo((HttpStatusCode)status));
    }

    [Test]
    [Description("Threat: malicious JSON. A depth of 32 is the maximum")]
    public async Task Maximum_depth()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","x":""" + new string('[', 31) + new string(']', 31) + "}");
        Assert.That(async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.Nothing);
    }

    [Test]
    [Description("RFC 9110 §10.2.3: Retry-After in seconds")]
    public async Task Retry_after_seconds()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => Refusal(new RetryConditionHeaderValue(TimeSpan.FromSeconds(17))));
        Assert.That((await RequireErrorAsync(server)).RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(17)));
    }

    [TestCase(90, 90)]
    [TestCase(0, 0)]
    [TestCase(-90, 0)]
    [Description("RFC 9110 §10.2.3: Retry-After as a date, relative to the local clock and never negative")]
    public async Task Retry_after_date(int fromNow, int seconds)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => Refusal(new RetryConditionHeaderValue(server.Clock.GetUtcNow().AddSeconds(fromNow))));
        Assert.That((await RequireErrorAsync(server)).RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
    }

    [Test]
    [Description("Threat: a caller who chooses the text of a token hides the error code. A code of RFC 6749 §5.2 is not redacted")]
    public async Task Standard_error_code_is_not_redacted()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"invalid_client","error_description":"invalid token"}""", 400);

        var exception = Assert.ThrowsAsync<TokenEndpointException>(() =>
            server.Client.RequestTokenAsync(TokenRequest.Refresh(new("invalid"))).Promptly()
        )!;
        Assert.That((exception.Error, exception.ErrorDescription), Is.EqualTo(("invalid_client", "[redacted] token")));
    }

    [TestCase("the-refresh-token", TestName = "Echoed_secret_is_redacted (refresh token)")]
    [TestCase("the-client-secret", TestName = "Echoed_secret_is_redacted (client secret)")]
    [TestCase("Y2xpZW50OnRoZS1jbGllbnQtc2VjcmV0", TestName = "Echoed_secret_is_redacted (Basic credentials)")]
    [Description(
        "RFC 6749 §10.14, threat: secrets in exceptions. A secret that a server echoes is in neither the message nor the properties"
    )]
    public async Task Echoed_secret_is_redacted(string secret)
    {
        await using ScriptedServer server = new();
        server.Answers(
            $$"""
            {"error":"{{secret}}","error_description":"got {{secret}} twice: {{secret}}",
             "error_uri":"https://as.example/?{{secret}}"}
            """,
            400
        );
        var exception = await RequireErrorAsync(server);
        Assert.That(exception.ToString(), Does.Not.Contain(secret));
        Assert.That(exception.Error, Is.EqualTo("[redacted]"));
        Assert.That(exception.ErrorDescription, Is.EqualTo("got [redacted] twice: [redacted]"));
        Assert.That(exception.ErrorUri, Is.EqualTo("https://as.example/?[redacted]"));
    }

    [Test]
    [Description("Threat: secrets in exceptions. A form-encoded echo is redacted too")]
    public async Task Encoded_echo_is_redacted()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"invalid_request","error_description":"bad body: refresh_token=a+secret%2Fof%3Dours&x"}""", 400);
        var exception = await RequireErrorAsync(server, "a secret/of=ours");
        Assert.That(exception.ErrorDescription, Is.EqualTo("bad body: refresh_token=[redacted]&x"));
    }

    [Test]
    [Description("RFC 6749 §4.1.3, threat: secrets in exceptions. Code and verifier are secrets of the exchange")]
    public async Task Echoed_code_and_verifier()
    {
        await using ScriptedServer server = new();
        string? verifier = null;
        server.Answers(sentRequest =>
        {
            verifier = sentRequest["code_verifier"];
            return ScriptedServer.Json(400, $$"""{"error":"invalid_grant","error_description":"{{sentRequest["code"]}} {{verifier}}"}""");
        });
        var exception = Assert.CatchAsync<TokenEndpointException>(async () => await server.SignInAsync())!;
        Assert.That(exception.ErrorDescription, Is.EqualTo("[redacted] [redacted]"));
        Assert.That(exception.ToString(), Does.Not.Contain(verifier).And.Not.Contain("the-code"));
    }

    [Test]
    [Description("RFC 6749 §10.14: text of the server is made printable and truncated to 256 characters")]
    public async Task Hostile_description()
    {
        await using ScriptedServer server = new();
        server.Answers(
            "{\"error\":\"e\\u001b[31m\",\"error_description\":\"line\\r\\nline \\\"quoted\\\"" + new string('x', 300) + "\"}",
            400
        );
        var exception = await RequireErrorAsync(server);
        Assert.That(exception.Error, Is.EqualTo("e?[31m"));
        Assert.That(exception.ErrorDescription, Does.StartWith("line??line ?quoted?xxx").And.Length.EqualTo(256).And.EndWith("x~"));
        Assert.That(exception.Message.Any(char.IsControl), Is.False);
    }

    private static HttpResponseMessage Refusal(RetryConditionHeaderValue retryAfter)
    {
        var response = ScriptedServer.Json(429, """{"error":"slow_down"}""");
        response.Headers.RetryAfter = retryAfter;
        return response;
    }

    private static async Task<TokenEndpointException> RequireErrorAsync(ScriptedServer server, string refreshToken = "the-refresh-token")
    {
        try
        {
            await server.Client.RequestTokenAsync(TokenRequest.Refresh(new(refreshToken)));
        }
        catch (TokenEndpointException exception)
        {
            return exception;
        }
        throw new AssertionException("The response of the token endpoint was accepted.");
    }
}
