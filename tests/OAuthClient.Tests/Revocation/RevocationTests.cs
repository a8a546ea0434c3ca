using System.Net;

namespace OAuthClient.Tests;

/// <summary>Tests the revocation request, and which responses are successful (RFC 7009).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RevocationTests
{
    private const string Tokens = """{"access_token":"the-access-token","token_type":"Bearer","refresh_token":"the-refresh-token"}""";

    [Test]
    [Description(
        "RFC 7009 §2.1: the body contains token and hint, the client authenticates as at the token endpoint, and the refresh "
            + "token is first"
    )]
    public async Task Form()
    {
        await using var server = await SignedInAsync();
        server.Answers("");
        await server.Client.RevokeAsync(GrantOwner.User("42"));

        var sent = server.Requests.Skip(1).ToList();
        Assert.That(
            sent.Select(request => request.Body),
            Is.EqualTo(
                new[] { "token=the-refresh-token&token_type_hint=refresh_token", "token=the-access-token&token_type_hint=access_token" }
            )
        );
        Assert.That(sent.Select(request => request.Uri.AbsoluteUri), Is.All.EqualTo("https://as.example/revoke"));
        Assert.That(sent.Select(request => request.Method), Is.All.EqualTo(HttpMethod.Post));
        Assert.That(sent.Select(request => request.Authorization), Is.All.EqualTo("Basic Y2xpZW50OnRoZS1jbGllbnQtc2VjcmV0"));
    }

    [Test]
    [Description("RFC 7009 §2.1: a public client sends its client_id")]
    public async Task Form_of_a_public_client()
    {
        await using var server = await SignedInAsync(o => o.ClientSecret = null);
        server.Answers("");
        await server.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(server.Requests[1].Body, Is.EqualTo("token=the-refresh-token&token_type_hint=refresh_token&client_id=client"));
        Assert.That(server.Requests[1].Authorization, Is.Null);
    }

    [TestCase(200, "")]
    [TestCase(200, "<html>ok</html>")]
    [TestCase(204, "")]
    [TestCase(400, """{"error":"unsupported_token_type"}""")]
    [TestCase(503, """{"error":"unsupported_token_type"}""")]
    [Description("RFC 7009 §2.2, §2.2.1: success, also for a token that the server does not know and for an unsupported token type")]
    public async Task Successful_responses(int status, string body)
    {
        await using var server = await SignedInAsync();
        server.Answers(body, status);
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.User("42")), Throws.Nothing);
        Assert.That(server.Requests, Has.Count.EqualTo(3));
    }

    [TestCase(503, "")]
    [TestCase(400, """{"error":"invalid_client"}""")]
    [TestCase(400, """{"error":"UNSUPPORTED_TOKEN_TYPE"}""")]
    [TestCase(302, "")]
    [TestCase(500, "<html>")]
    [Description("RFC 7009 §2.2.1: a failure is reported, and the grant is removed from the store all the same")]
    public async Task Error_responses(int status, string body)
    {
        await using var server = await SignedInAsync();
        server.Answers(body, status);
        Assert.That(
            async () => await server.Client.RevokeAsync(GrantOwner.User("42")),
            Throws
                .TypeOf<EndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo((HttpStatusCode)status)
                .And.Message.Contain("revocation endpoint (https://as.example/revoke)")
        );
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("RFC 7009 §2.1: the revoked refresh token ends the grant, so a refusal to revoke the access token too is only logged")]
    public async Task Refused_access_token()
    {
        await using var server = await SignedInAsync();
        server.Answers(sentRequest =>
            sentRequest["token"] == "the-refresh-token"
                ? ScriptedServer.Json(200, "")
                : ScriptedServer.Json(400, """{"error":"invalid_token"}""")
        );
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.User("42")), Throws.Nothing);
        Assert.That(server.Requests, Has.Count.EqualTo(3));
        Assert.That(server.Log.Events(405).Single().Message, Does.Contain("invalid_token"));
    }

    [Test]
    [Description("RFC 7009 §2.2.1: a 503 response may state when to try again")]
    public async Task Retry_after()
    {
        await using var server = await SignedInAsync();
        server.Answers(_ =>
        {
            HttpResponseMessage response = new(HttpStatusCode.ServiceUnavailable);
            response.Headers.RetryAfter = new(TimeSpan.FromSeconds(45));
            return response;
        });
        Assert.That(
            async () => await server.Client.RevokeAsync(GrantOwner.User("42")),
            Throws.TypeOf<EndpointException>().With.Property(nameof(EndpointException.RetryAfter)).EqualTo(TimeSpan.FromSeconds(45))
        );
    }

    [Test]
    [Description("Threat: secrets in exceptions. The message contains neither the token nor the client secret")]
    public async Task Echoed_secrets()
    {
        await using var server = await SignedInAsync();
        server.Answers(sentRequest =>
            ScriptedServer.Json(400, $$"""{"error":"invalid_request","error_description":"{{sentRequest["token"]}} the-client-secret"}""")
        );
        Assert.That(
            async () => await server.Client.RevokeAsync(GrantOwner.User("42")),
            Throws.TypeOf<EndpointException>().With.Property(nameof(EndpointException.ErrorDescription)).EqualTo("[redacted] [redacted]")
        );
    }

    private static async Task<ScriptedServer> SignedInAsync(Action<OAuthClientOptions>? options = null)
    {
        ScriptedServer server = new(options);
        server.Answers(Tokens);
        await server.SignInAsync();
        return server;
    }
}
