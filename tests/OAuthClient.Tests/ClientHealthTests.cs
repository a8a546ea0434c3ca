using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the health of a client, which is derived from recent operations without a network call.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientHealthTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("Consecutive refresh failures are a problem until a refresh succeeds or no refresh was attempted for several minutes")]
    public async Task Consecutive_refresh_failures_are_a_problem([Values] bool isTriedAgain)
    {
        await using ScriptedServer server = new();
        var health = HealthOf(server);
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers("""{"error":"invalid_client","error_description":"text of the server"}""", 401);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(health.GetProblems(), Is.Empty);
            Assert.That(
                async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
                Throws.TypeOf<TokenEndpointException>()
            );
            server.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.That(
            health.GetProblems(),
            Is.EqualTo(
                new[] { "Access tokens cannot be refreshed (3 consecutive failures): the server responds with an error (invalid_client)." }
            )
        );
        Assert.That(server.Requests, Has.Count.EqualTo(3), "the health needs no request");

        if (isTriedAgain)
        {
            server.Answers(Tokens("at-2"));
            await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        }
        else
        {
            server.Clock.Advance(TimeSpan.FromMinutes(4));
        }
        Assert.That(health.GetProblems(), Is.Empty);
    }

    [Test]
    [Description("A rejected refresh token concerns one owner and is not a problem of the client")]
    public async Task Rejected_refresh_tokens_are_not_a_problem_of_the_client()
    {
        await using ScriptedServer server = new();
        foreach (string owner in new[] { "1", "2", "3", "4" })
        {
            await server.SignedInAsync(Tokens("at-1", "rt-1"), owner);
            server.Clock.Advance(Hour);
            server.Answers("""{"error":"invalid_grant"}""", 400);
            Assert.That(
                async () => await server.Client.GetAccessTokenAsync(GrantOwner.User(owner)),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );
        }
        Assert.That(HealthOf(server).GetProblems(), Is.Empty);
    }

    [Test]
    [Description("Consecutive client credentials failures are a problem")]
    public async Task Consecutive_client_credentials_failures_are_a_problem()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => throw new HttpRequestException("connection refused"));
        for (int i = 0; i < 3; i++)
        {
            Assert.That(async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.InstanceOf<HttpRequestException>());
            server.Clock.Advance(RefreshBackoff.Pause);
        }
        Assert.That(
            HealthOf(server).GetProblems().Single(),
            Does.Contain("the server cannot be reached").And.Not.Contain("connection refused")
        );
    }

    [Test]
    [Description("An open circuit is a problem at once: the server has failed before or has sent Retry-After")]
    public async Task An_open_circuit_is_a_problem()
    {
        await using ScriptedServer server = new();
        server.Answers(_ =>
        {
            var busy = Json(503, "");
            busy.Headers.RetryAfter = new(TimeSpan.FromMinutes(1));
            return busy;
        });
        await Eventually.UntilAsync(
            () => HealthOf(server).GetProblems().Count > 0,
            async () =>
            {
                server.Clock.Advance(RefreshBackoff.Pause);
                try
                {
                    await server.Client.GetAccessTokenAsync(GrantOwner.Client);
                }
                catch (Exception exception) when (exception is OAuthException or HttpRequestException)
                {
                    // The failure of the request and the refusal while the circuit is open come in either order.
                }
            }
        );
        Assert.That(HealthOf(server).GetProblems().Single(), Does.Contain("circuit is open").And.Contain("Retry-After"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A refreshed grant that could not be saved exists in this process only and is lost when the process ends")]
    public async Task Unsaved_grants_are_a_problem()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        store.RefusesToSave = true;
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(HealthOf(server).GetProblems().Single(), Does.StartWith("1 refreshed grant"));
    }

    [Test]
    [Description("The reason that the store reports for being unavailable is a problem")]
    public async Task An_unavailable_store_is_a_problem()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        Assert.That(HealthOf(server).GetProblems(), Is.Empty);
        store.UnavailableReason = "The database is unavailable.";
        Assert.That(HealthOf(server).GetProblems(), Is.EqualTo(new[] { "The database is unavailable." }));
    }

    private static ClientHealth HealthOf(ScriptedServer server) => server.Services.GetRequiredService<ClientHealth>();
}
