using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Tests the log entries of requests to the server and of changes for a user.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RequestLogTests
{
    private const string Tokens = """{"access_token":"the-access-token","token_type":"Bearer","refresh_token":"the-refresh-token"}""";

    [Test]
    [Description("Each request is logged with its parameter names, the status and the error code, and without a secret")]
    public async Task Requests_are_logged_without_secrets()
    {
        await using ScriptedServer server = new(registerFirst: WithDebug);
        server.Answers(Tokens);
        await server.SignInAsync();
        server.Answers("""{"error":"invalid_request","error_description":"the-refresh-token"}""", 400);
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.User("42")), Throws.TypeOf<EndpointException>());

        var entries = server.Log.Events(211);
        Assert.That(entries.Select(entry => entry.Level), Is.All.EqualTo(LogLevel.Debug));
        Assert.That(entries[0].Message, Does.Contain("POST https://as.example/token"));
        Assert.That(entries[0].Message, Does.Contain("grant_type code redirect_uri code_verifier").And.Contain("received 200"));
        Assert.That(entries[1].Message, Does.Contain("token token_type_hint").And.Contain("received 400 invalid_request"));
        string all = string.Join('\n', server.Log.Entries.Select(entry => entry.Message));
        Assert.That(all, Does.Not.Contain("the-access-token").And.Not.Contain("the-refresh-token").And.Not.Contain("the-client-secret"));
    }

    [Test]
    [Description("A request without a response is logged with the type of the exception")]
    public async Task Requests_without_a_response_are_logged()
    {
        await using ScriptedServer server = new(registerFirst: WithDebug);
        server.Answers(_ => throw new HttpRequestException("no", inner: null, HttpStatusCode.BadGateway));
        Assert.That(async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.TypeOf<HttpRequestException>());

        Assert.That(server.Log.Events(212)[0].Message, Does.Contain("https://as.example/token").And.Contain("HttpRequestException"));
    }

    [Test]
    [Description("A stored and a removed grant are logged as information, without the owner")]
    public async Task Changes_for_a_user_are_logged()
    {
        await using ScriptedServer server = new(registerFirst: WithDebug);
        server.Answers(Tokens);
        await server.SignInAsync(owner: "owner-of-the-grant");
        server.Answers("");
        await server.Client.RevokeAsync(GrantOwner.User("owner-of-the-grant"));

        Assert.That(server.Log.Events(406).Single(), Has.Property("Level").EqualTo(LogLevel.Information));
        Assert.That(server.Log.Events(407).Single().Message, Does.Contain("removed 1 grants"));
        Assert.That(server.Log.Entries.Select(entry => entry.Message), Has.None.Contains("owner-of-the-grant"));
    }

    private static void WithDebug(IServiceCollection services) => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug));
}
