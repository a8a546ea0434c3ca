using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the warning about processes that keep grants in memory and receive each other's callbacks.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SeveralProcessesTests
{
    private const string RedirectUri = "https://app.example/callback";
    private const int Warning = 104;

    [Test]
    [Description("RFC 9700 §4.7: a callback of another process shows that states are not consumed once, and logs one warning")]
    public async Task A_callback_of_another_process_logs_one_warning()
    {
        await using var server = await ServerAsync();
        ManualTimeProvider clock = new();
        RecordedLog log = new();
        await using var one = Process(server, clock, new());
        await using var other = Process(server, clock, log);
        _ = Client(other);
        clock.Advance(TimeSpan.FromMinutes(2));

        for (int i = 0; i < 2; i++)
            await CompleteAsync(server, one, other);

        Assert.That(log.Events(Warning), Has.Count.EqualTo(1));
        Assert.That(log.Events(Warning)[0].Message, Does.Contain("two token requests").And.Contain("AddPostgresGrantStore"));
    }

    [Test]
    [Description("A restarted process that completes authorizations of its predecessor logs no warning")]
    public async Task A_callback_after_a_restart_logs_no_warning()
    {
        await using var server = await ServerAsync();
        ManualTimeProvider clock = new();
        RecordedLog log = new();
        await using var before = Process(server, clock, new());
        await using var after = Process(server, clock, log);

        await CompleteAsync(server, before, after);

        Assert.That(log.Events(Warning), Is.Empty);
    }

    [Test]
    [Description("A process that completes its own authorizations logs no warning")]
    public async Task A_single_process_logs_no_warning()
    {
        await using var server = await ServerAsync();
        ManualTimeProvider clock = new();
        RecordedLog log = new();
        await using var only = Process(server, clock, log);
        _ = Client(only);
        clock.Advance(TimeSpan.FromMinutes(2));

        await CompleteAsync(server, only, only);

        Assert.That(log.Events(Warning), Is.Empty);
    }

    private static async Task CompleteAsync(TestAuthorizationServer server, ServiceProvider first, ServiceProvider second)
    {
        var pending = await Client(first).BeginAuthorizationAsync();
        var response = AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri));
        var read = PendingAuthorization.Unprotect(pending.Protect(Identity), Identity);
        await Client(second).CompleteAuthorizationAsync(read, response, GrantOwner.User("me"));
    }

    private static byte[] Identity(byte[] data) => data;

    private static IOAuthClient Client(ServiceProvider process) => process.GetRequiredService<IOAuthClient>();

    private static async Task<TestAuthorizationServer> ServerAsync()
    {
        var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "a-long-test-secret",
                RedirectUris = { RedirectUri },
            }
        );
        return server;
    }

    private static ServiceProvider Process(TestAuthorizationServer server, TimeProvider clock, RecordedLog log)
    {
        ServiceCollection services = new();
        services.AddSingleton(clock);
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = "photos";
            o.ClientSecret = "a-long-test-secret";
            o.RedirectUri = new(RedirectUri);
            o.Scopes = ["api"];
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        return services.BuildServiceProvider();
    }
}
