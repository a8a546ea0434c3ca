using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the circuit breaker. Requests to a server that only fails are stopped for a time, then one request tests the server.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CircuitTests
{
    private const int FailuresToOpen = 10;

    [Test]
    [Description("After ten consecutive failures all requests fail at once for five seconds, and both changes are logged")]
    public async Task The_circuit_opens_and_closes()
    {
        await using ScriptedServer server = new(retries: true);
        await FailAsync(server, FailuresToOpen);
        Assert.That(
            () => RefreshAsync(server),
            Throws
                .InstanceOf<HttpRequestException>()
                .With.Message.EqualTo(
                    "No request was sent to the token endpoint (https://as.example/token): "
                        + "the circuit for https://as.example is open for another 5 s, because nearly all recent requests failed."
                )
        );
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws.InstanceOf<HttpRequestException>()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(FailuresToOpen));
        Assert.That(
            server.Log.Events(201).Single(),
            Has.Property("Level").EqualTo(LogLevel.Warning).And.Property("Message").Contain("https://as.example")
        );

        server.Clock.Advance(TimeSpan.FromSeconds(5));
        server.Answers(ScriptedServer.Tokens("at"));
        await RefreshAsync(server);
        await RefreshAsync(server);
        Assert.That(server.Log.Events(202), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("One request tests the server after the break; if it fails, the circuit opens again")]
    public async Task One_request_tests_the_server()
    {
        await using ScriptedServer server = new(retries: true);
        await FailAsync(server, FailuresToOpen);
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        TaskCompletionSource release = new();
        server.AnswersAsync(async _ =>
        {
            await release.Task;
            return ScriptedServer.Text(500, "", "text/plain");
        });

        var first = RefreshAsync(server);
        Assert.That(() => RefreshAsync(server), Throws.InstanceOf<HttpRequestException>());
        release.SetResult();
        Assert.That(() => first, Throws.TypeOf<TokenEndpointException>());

        Assert.That(() => RefreshAsync(server), Throws.InstanceOf<HttpRequestException>());
        Assert.That(server.Requests, Has.Count.EqualTo(FailuresToOpen + 1));
    }

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(429)]
    [Description("An error response that is no server error does not open the circuit")]
    public async Task Client_errors_do_not_open_the_circuit(int status)
    {
        await using ScriptedServer server = new(retries: true);
        // A circuit is created by the first failure.
        await FailAsync(server, 1);
        server.Answers("""{"error":"invalid_request"}""", status);
        for (int i = 0; i < 2 * FailuresToOpen; i++)
            Assert.That(() => PollAsync(server), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1 + 2 * FailuresToOpen));
    }

    [Test]
    [Description("A server that handles every fifth request does not open the circuit")]
    public async Task Some_failures_do_not_open_the_circuit()
    {
        await using ScriptedServer server = new(retries: true);
        for (int i = 0; i < 8; i++)
        {
            await FailAsync(server, 4);
            server.Answers(ScriptedServer.Tokens("at"));
            await RefreshAsync(server);
        }
        Assert.That(server.Requests, Has.Count.EqualTo(40));
    }

    [Test]
    [Description("Failures older than the sampling duration are not counted")]
    public async Task Old_failures_are_not_counted()
    {
        await using ScriptedServer server = new(retries: true);
        await FailAsync(server, FailuresToOpen - 1);
        server.Clock.Advance(TimeSpan.FromSeconds(31));
        await FailAsync(server, FailuresToOpen - 1);
        Assert.That(() => RefreshAsync(server), Throws.TypeOf<TokenEndpointException>());
    }

    [TestCase("https://other.example/revoke")]
    [TestCase("https://as.example:8443/revoke")]
    [Description("Each server of a client, by host and port, has its own circuit")]
    public async Task Each_server_has_its_own_circuit(string other)
    {
        await using ScriptedServer server = new(o => o.RevocationEndpoint = new(other), retries: true);
        await server.SignedInAsync(ScriptedServer.Tokens("at"));
        await FailAsync(server, FailuresToOpen);
        server.Answers("{}");
        await server.Client.RevokeAsync(GrantOwner.User("42")).Promptly();
        Assert.That(server.Requests, Has.Count.EqualTo(FailuresToOpen + 1));
    }

    [Test]
    [Description("A refresh token that was stopped by an open circuit counts as not sent")]
    public async Task A_stopped_refresh_token_was_not_sent()
    {
        await using ScriptedServer server = new(retries: true);
        server.Answers("", 500);
        var backChannel = server.BackChannelOf();
        RefreshTokenOutcome outcome = default;
        for (int i = 0; i <= FailuresToOpen; i++)
        {
            SendTracker tracker = new();
            try
            {
                var response = await backChannel.SendAsync(
                    new("token endpoint", new(ScriptedServer.Origin + "/token"))
                    {
                        Form = [new("refresh_token", "the-token")],
                        SendTracker = tracker,
                        AffectsOtherRequests = true,
                    },
                    server.ConfigurationOf(),
                    CancellationToken.None
                );
                Assert.That((int)response.StatusCode, Is.EqualTo(500));
            }
            catch (HttpRequestException exception)
            {
                Assert.That(i, Is.EqualTo(FailuresToOpen));
                outcome = RefreshTokenOutcomes.Of(exception, tracker);
            }
        }
        Assert.That(outcome, Is.EqualTo(RefreshTokenOutcome.NotSent));
        Assert.That(server.Requests, Has.Count.EqualTo(FailuresToOpen));
    }

    private static Task<TokenResponse> RefreshAsync(ScriptedServer server) =>
        server.Client.RequestTokenAsync(TokenRequest.Refresh(new("the-token"))).Promptly();

    private static Task<TokenResponse> PollAsync(ScriptedServer server) =>
        server.Client.RequestTokenAsync(TokenRequest.Extension("urn:ietf:params:oauth:grant-type:device_code", [])).Promptly();

    private static async Task FailAsync(ScriptedServer server, int times)
    {
        server.Answers(_ => ScriptedServer.Text(500, "", "text/plain"));
        for (int i = 0; i < times; i++)
        {
            try
            {
                await RefreshAsync(server);
            }
            catch (TokenEndpointException)
            {
                continue;
            }
            Assert.Fail("The request did not fail.");
        }
    }
}
