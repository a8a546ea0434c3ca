using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace OAuthClient.Tests;

/// <summary>Tests introspection requests and responses (RFC 7662).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenIntrospectionTests
{
    private const string Token = "the-presented-token";

    [Test]
    [Description("RFC 7662 §2.1: the token and the hint are sent in the body, and the client authenticates as at the token endpoint")]
    public async Task The_token_is_sent_in_the_body()
    {
        await using var server = Server("""{"active":true}""");
        await Introspection(server).IntrospectAsync(Token, "access_token");

        Assert.That(server.Only.Method, Is.EqualTo(HttpMethod.Post));
        Assert.That(server.Only.Uri.AbsoluteUri, Is.EqualTo("https://as.example/introspect"));
        Assert.That(server.Only.Body, Is.EqualTo("token=the-presented-token&token_type_hint=access_token"));
        Assert.That(server.Only.Authorization, Is.EqualTo("Basic Y2xpZW50OnRoZS1jbGllbnQtc2VjcmV0"));
        Assert.That(server.Only.Accept, Is.EqualTo("application/json"));
    }

    [Test]
    [Description("RFC 7662 §2.1: the hint is optional, and is derived from the type of a Secret")]
    public async Task The_hint_is_optional()
    {
        await using var server = Server("""{"active":false}""");
        var introspection = Introspection(server);
        await introspection.IntrospectAsync(Token);
        await introspection.IntrospectAsync(new RefreshToken("a-refresh-token"));
        Assert.That(
            server.Requests.Select(request => request.Body),
            Is.EqualTo(new[] { "token=the-presented-token", "token=a-refresh-token&token_type_hint=refresh_token" })
        );
    }

    [Test]
    [Description("RFC 7662 §2.2: each member of an active token is read")]
    public async Task Each_member_of_an_active_token_is_read()
    {
        await using var server = Server(
            """
            {"active":true,"scope":"read write","client_id":"app","username":"jdoe","token_type":"Bearer","exp":1419356238,
             "iat":1419350238.9,
             "nbf":1419350000,"sub":"Z5O3upPC88QrAjx00dis","aud":["https://one.example","https://two.example"],
             "iss":"https://as.example/","jti":"id-1","extension_field":"twenty-seven"}
            """
        );
        var token = await Introspection(server).IntrospectAsync(Token);

        Assert.Multiple(() =>
        {
            Assert.That(token.IsActive, Is.True);
            Assert.That(token.Scopes, Is.EqualTo(["read", "write"]));
            Assert.That(token.ClientId, Is.EqualTo("app"));
            Assert.That(token.UserName, Is.EqualTo("jdoe"));
            Assert.That(token.TokenType, Is.EqualTo("Bearer"));
            Assert.That(token.ExpiresAt, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(1419356238)));
            Assert.That(token.IssuedAt, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(1419350238)));
            Assert.That(token.NotBefore, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(1419350000)));
            Assert.That(token.Subject, Is.EqualTo("Z5O3upPC88QrAjx00dis"));
            Assert.That(token.Audience, Is.EqualTo(["https://one.example", "https://two.example"]));
            Assert.That(token.Issuer, Is.EqualTo("https://as.example/"));
            Assert.That(token.Id, Is.EqualTo("id-1"));
            Assert.That(token.Claims.GetProperty("extension_field").GetString(), Is.EqualTo("twenty-seven"));
            Assert.That(token.ToString(), Is.EqualTo("IntrospectedToken, active: True"));
        });
    }

    [Test]
    [Description("RFC 9396 §9.2: the authorization details of a token are read")]
    public async Task Authorization_details_are_read()
    {
        await using var server = Server("""{"active":true,"authorization_details":[{"type":"payment","actions":["status"]}]}""");
        var token = await Introspection(server).IntrospectAsync(Token);
        Assert.That(token.AuthorizationDetails!.ToJson(), Is.EqualTo("""[{"type":"payment","actions":["status"]}]"""));
    }

    [TestCase("{}")]
    [TestCase("[5]")]
    [TestCase("[{}]")]
    [Description("RFC 9396 §9.2: a limit that cannot be read is not ignored")]
    public async Task Authorization_details_that_cannot_be_read_are_rejected(string details)
    {
        await using var server = Server($$"""{"active":true,"authorization_details":{{details}}}""");
        Assert.That(
            async () => await Introspection(server).IntrospectAsync(Token),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("authorization_details is not an array of objects with a type")
        );
    }

    [Test]
    [Description("RFC 7662 §2.2: only active is required")]
    public async Task Only_active_is_required()
    {
        await using var server = Server("""{"active":true,"aud":"https://one.example","exp":1e300}""");
        var token = await Introspection(server).IntrospectAsync(Token);
        Assert.That(token.Audience, Is.EqualTo(["https://one.example"]));
        Assert.That(token.ExpiresAt, Is.EqualTo(DateTimeOffset.MaxValue));
        Assert.That(token.Scopes, Is.Empty);
        Assert.That(
            new object?[]
            {
                token.ClientId,
                token.UserName,
                token.TokenType,
                token.IssuedAt,
                token.NotBefore,
                token.Subject,
                token.Issuer,
                token.Id,
            },
            Is.All.Null
        );
    }

    [Test]
    [Description("RFC 7662 §2.2: an inactive token is not an error, and other members are ignored")]
    public async Task An_inactive_token_is_not_an_error()
    {
        await using var server = Server("""{"active":false,"sub":"someone","scope":"admin","exp":"soon"}""");
        var token = await Introspection(server).IntrospectAsync(Token);
        Assert.That(token.IsActive, Is.False);
        Assert.That(token.Subject, Is.Null);
        Assert.That(token.Scopes, Is.Empty);
    }

    [TestCase("{}")]
    [TestCase("""{"active":"true"}""")]
    [TestCase("""{"active":1}""")]
    [TestCase("""{"active":null}""")]
    [TestCase("""{"active":{}}""")]
    [TestCase("""{"active":true,"exp":"1419356238"}""")]
    [TestCase("""{"active":true,"nbf":-1}""")]
    [TestCase("""{"active":true,"scope":["read"]}""")]
    [TestCase("""{"active":true,"aud":[1]}""")]
    [TestCase("""{"active":true,"sub":7}""")]
    [Description("RFC 7662 §2.2: active must be a boolean, and the other members must have their types")]
    public async Task A_malformed_response_is_rejected(string answer)
    {
        await using var server = Server(answer);
        Assert.That(async () => await Introspection(server).IntrospectAsync(Token), Throws.TypeOf<OAuthProtocolException>());
    }

    [TestCase(200, "<html>")]
    [TestCase(200, """{"active":true,"active":false}""")]
    [TestCase(200, "")]
    [TestCase(302, """{"active":true}""")]
    [TestCase(400, """{"active":true}""")]
    [TestCase(500, """{"active":true}""")]
    [Description("RFC 7662 §2.2: a response that is a failure or not JSON is rejected")]
    public async Task A_failure_or_another_format_is_rejected(int status, string body)
    {
        await using var server = Server(body, status);
        Assert.That(
            async () => await Introspection(server).IntrospectAsync(Token),
            Throws
                .TypeOf<EndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo((HttpStatusCode)status)
                .And.Message.Contains("introspection endpoint (https://as.example/introspect)")
        );
    }

    [TestCase("")]
    [TestCase("""{"error":"invalid_client"}""")]
    [Description("RFC 7662 §2.3: for rejected credentials the message names the options to check")]
    public async Task Rejected_credentials_are_reported(string body)
    {
        await using var server = Server(body, 401);
        Assert.That(
            async () => await Introspection(server).IntrospectAsync(Token),
            Throws
                .TypeOf<EndpointException>()
                .With.Message.Contains("check ClientId, ClientSecret")
                .And.Message.Contains("ClientAuthentication")
        );
    }

    [Test]
    [Description("RFC 7662 §2.1: introspection is idempotent, so a failed request is retried")]
    public async Task A_failed_request_is_retried()
    {
        int asked = 0;
        await using ScriptedServer server = new(
            Endpoint,
            builder => builder.UseResilience(pipeline => pipeline.AddRetry(new() { Delay = TimeSpan.Zero, MaxRetryAttempts = 1 }))
        );
        server.Answers(_ => ++asked == 1 ? throw new HttpRequestException("reset") : ScriptedServer.Json(200, """{"active":true}"""));
        Assert.That((await Introspection(server).IntrospectAsync(Token)).IsActive, Is.True);
        Assert.That(asked, Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 7662 §4: a token that was just revoked is inactive, because responses are not cached")]
    public async Task Responses_are_not_cached()
    {
        await using var server = Server("""{"active":true}""");
        var introspection = Introspection(server);
        await introspection.IntrospectAsync(Token);
        server.Answers("""{"active":false}""");
        Assert.That((await introspection.IntrospectAsync(Token)).IsActive, Is.False);
    }

    [Test]
    [Description("Threat: secrets in exceptions. A server that returns the token and the secret does not leak them into the message")]
    public async Task Echoed_secrets_are_not_in_the_message()
    {
        await using var server = Server("");
        server.Answers(_ =>
            ScriptedServer.Json(
                400,
                JsonSerializer.Serialize(new { error = "invalid_request", error_description = Token + " the-client-secret" })
            )
        );
        Assert.That(
            async () => await Introspection(server).IntrospectAsync(Token),
            Throws.TypeOf<EndpointException>().With.Property(nameof(EndpointException.ErrorDescription)).EqualTo("[redacted] [redacted]")
        );
    }

    [Test]
    [Description("RFC 8414 §2: without an introspection endpoint the message names the option to set")]
    public async Task A_missing_endpoint_is_reported()
    {
        await using ScriptedServer server = new();
        Assert.That(
            async () => await Introspection(server).IntrospectAsync(Token),
            Throws.TypeOf<OAuthException>().With.Message.Contains("IntrospectionEndpoint")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 8414 §2: introspection_endpoint is read from the metadata")]
    public async Task The_endpoint_is_discovered()
    {
        await using ScriptedServer server = new(o => (o.TokenEndpoint, o.Issuer) = (null, new(ScriptedServer.Origin)));
        server.Answers(sentRequest =>
            sentRequest.Method == HttpMethod.Get
                ? ScriptedServer.Json(200, """{"issuer":"https://as.example","introspection_endpoint":"https://as.example/what-is-it"}""")
                : ScriptedServer.Json(200, """{"active":true}""")
        );
        await Introspection(server).IntrospectAsync(Token);
        Assert.That(server.Requests[^1].Uri.AbsolutePath, Is.EqualTo("/what-is-it"));
    }

    private static TokenIntrospection Introspection(ScriptedServer server) => server.Services.GetRequiredService<TokenIntrospection>();

    private static void Endpoint(OAuthClientOptions options) => options.IntrospectionEndpoint = new("https://as.example/introspect");

    private static ScriptedServer Server(string answer, int status = 200)
    {
        ScriptedServer server = new(Endpoint);
        server.Answers(answer, status);
        return server;
    }
}
