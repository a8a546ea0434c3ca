using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>A client knows how it is doing, without asking anybody.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientHealthTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("A row of failures is a problem until one refresh works, or nobody has tried for a while")]
    public async Task Failing_refreshes([Values] bool isTriedAgain)
    {
        await using ScriptedServer server = new();
        var health = AvailabilityOf(server);
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers("""{"error":"invalid_client","error_description":"the words of the server"}""", 401);
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
            Is.EqualTo(new[] { "Access tokens cannot be renewed (3 in a row): the server refuses (invalid_client)." })
        );
        Assert.That(server.Requests, Has.Count.EqualTo(3), "finding out asks nobody");

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
    [Description("One owner's lost grant says nothing of the client")]
    public async Task Lost_grants()
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
        Assert.That(AvailabilityOf(server).GetProblems(), Is.Empty);
    }

    [Test]
    [Description("Client credentials that keep failing are a problem like any other")]
    public async Task The_clients_own_tokens()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => throw new HttpRequestException("nobody there"));
        for (int i = 0; i < 3; i++)
        {
            Assert.That(async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.InstanceOf<HttpRequestException>());
            server.Clock.Advance(RefreshBackoff.Pause);
        }
        Assert.That(
            AvailabilityOf(server).GetProblems().Single(),
            Does.Contain("the server cannot be reached").And.Not.Contain("nobody there")
        );
    }

    [Test]
    [Description("A server that is left alone is a problem at once: it has failed, or asked for it, before")]
    public async Task A_server_that_is_left_alone()
    {
        await using ScriptedServer server = new();
        server.Answers(_ =>
        {
            var busy = Json(503, "");
            busy.Headers.RetryAfter = new(TimeSpan.FromMinutes(1));
            return busy;
        });
        await Eventually.UntilAsync(
            () => AvailabilityOf(server).GetProblems().Count > 0,
            async () =>
            {
                server.Clock.Advance(RefreshBackoff.Pause);
                try
                {
                    await server.Client.GetAccessTokenAsync(GrantOwner.Client);
                }
                catch (Exception exception) when (exception is OAuthException or HttpRequestException)
                {
                    // One of the two comes first, and then the other.
                }
            }
        );
        Assert.That(AvailabilityOf(server).GetProblems().Single(), Does.Contain("left alone").And.Contain("Retry-After"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("What is in this process's memory only would be lost with it")]
    public async Task Unsaved_grants()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        store.RefusesToSave = true;
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(AvailabilityOf(server).GetProblems().Single(), Does.StartWith("1 refreshed grant"));
    }

    [Test]
    [Description("What the store knows of itself")]
    public async Task A_store_that_is_away()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        Assert.That(AvailabilityOf(server).GetProblems(), Is.Empty);
        store.UnavailableReason = "The database is away.";
        Assert.That(AvailabilityOf(server).GetProblems(), Is.EqualTo(new[] { "The database is away." }));
    }

    private static ClientHealth AvailabilityOf(ScriptedServer server) => server.Services.GetRequiredService<ClientHealth>();
}
