using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>A server that does nothing but fail is left alone for a moment, and asked again by one.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CircuitTests
{
    private const int Enough = 10;

    [Test]
    [Description("Ten failures and nothing else: for five seconds every request fails at once, and says so")]
    public async Task Opens_and_closes()
    {
        await using ScriptedServer server = new(retries: true);
        await FailAsync(server, Enough);
        Assert.That(
            () => PresentAsync(server),
            Throws
                .InstanceOf<HttpRequestException>()
                .With.Message.EqualTo(
                    "The token endpoint (https://as.example/token) was not asked: https://as.example has done nothing but fail, and is left alone for another 5 s."
                )
        );
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws.InstanceOf<HttpRequestException>()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(Enough));
        Assert.That(
            server.Log.Events(20).Single(),
            Has.Property("Level").EqualTo(LogLevel.Warning).And.Property("Message").Contain("https://as.example")
        );

        server.Clock.Advance(TimeSpan.FromSeconds(5));
        server.Answers(ScriptedServer.Tokens("at"));
        await PresentAsync(server);
        await PresentAsync(server);
        Assert.That(server.Log.Events(21), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("One request finds out whether the server is back; if it is not, it is left alone again")]
    public async Task Only_one_finds_out()
    {
        await using ScriptedServer server = new(retries: true);
        await FailAsync(server, Enough);
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        TaskCompletionSource release = new();
        server.AnswersAsync(async _ =>
        {
            await release.Task;
            return ScriptedServer.Text(500, "", "text/plain");
        });

        var first = PresentAsync(server);
        Assert.That(() => PresentAsync(server), Throws.InstanceOf<HttpRequestException>());
        release.SetResult();
        Assert.That(() => first, Throws.TypeOf<TokenEndpointException>());

        Assert.That(() => PresentAsync(server), Throws.InstanceOf<HttpRequestException>());
        Assert.That(server.Requests, Has.Count.EqualTo(Enough + 1));
    }

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(429)]
    [Description("A server that says no is alive")]
    public async Task Refusals_do_not_count(int status)
    {
        await using ScriptedServer server = new(retries: true);
        // Where something failed before, there is a circuit.
        await FailAsync(server, 1);
        server.Answers("""{"error":"invalid_request"}""", status);
        for (int i = 0; i < 2 * Enough; i++)
            Assert.That(() => PollAsync(server), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1 + 2 * Enough));
    }

    [Test]
    [Description("A server that answers every fifth request is of use still")]
    public async Task Some_failures_are_not_enough()
    {
        await using ScriptedServer server = new(retries: true);
        for (int i = 0; i < 8; i++)
        {
            await FailAsync(server, 4);
            server.Answers(ScriptedServer.Tokens("at"));
            await PresentAsync(server);
        }
        Assert.That(server.Requests, Has.Count.EqualTo(40));
    }

    [Test]
    [Description("Failures of long ago are forgotten")]
    public async Task Old_failures_do_not_count()
    {
        await using ScriptedServer server = new(retries: true);
        await FailAsync(server, Enough - 1);
        server.Clock.Advance(TimeSpan.FromSeconds(31));
        await FailAsync(server, Enough - 1);
        Assert.That(() => PresentAsync(server), Throws.TypeOf<TokenEndpointException>());
    }

    [TestCase("https://other.example/revoke")]
    [TestCase("https://as.example:8443/revoke")]
    [Description("Another server of the same client has a circuit of its own, on the same machine too")]
    public async Task Of_one_server(string other)
    {
        await using ScriptedServer server = new(o => o.RevocationEndpoint = new(other), retries: true);
        await server.SignedInAsync(ScriptedServer.Tokens("at"));
        await FailAsync(server, Enough);
        server.Answers("{}");
        await server.Client.RevokeAsync(GrantOwner.User("42")).Promptly();
        Assert.That(server.Requests, Has.Count.EqualTo(Enough + 1));
    }

    [Test]
    [Description("A refresh token that met an open circuit was not presented")]
    public async Task Nothing_was_presented()
    {
        await using ScriptedServer server = new(retries: true);
        server.Answers("", 500);
        var backChannel = server.BackChannelOf();
        RefreshTokenOutcome outcome = default;
        for (int i = 0; i <= Enough; i++)
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
                    CancellationToken.None
                );
                Assert.That((int)response.StatusCode, Is.EqualTo(500));
            }
            catch (HttpRequestException exception)
            {
                Assert.That(i, Is.EqualTo(Enough));
                outcome = RefreshTokenOutcomes.Of(exception, tracker);
            }
        }
        Assert.That(outcome, Is.EqualTo(RefreshTokenOutcome.NotSent));
        Assert.That(server.Requests, Has.Count.EqualTo(Enough));
    }

    private static Task<TokenResponse> PresentAsync(ScriptedServer server) =>
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
                await PresentAsync(server);
            }
            catch (TokenEndpointException)
            {
                continue;
            }
            Assert.Fail("It did not fail.");
        }
    }
}
