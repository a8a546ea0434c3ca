using Microsoft.Extensions.Logging;
using OAuthClient.Testing;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests that a token is refreshed in the background before it expires, while callers use the current one.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EarlyRefreshTests
{
    private const string ErrorResponse = """{"error":"invalid_request"}""";
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(3570);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [TestCase("42")]
    [TestCase(null)]
    [Description("Token lifecycle 3: callers use the current token while one request is in progress, and the new one after it")]
    public async Task Refreshed_in_the_background(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var old = await SignedInAsync(host, owner);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        host.Clock.Advance(Early);

        for (int i = 0; i < 100; i++)
            Assert.That(await TokenAsync(host, owner), Is.EqualTo(old));
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        for (int i = 0; i < 100; i++)
            Assert.That(await TokenAsync(host, owner), Is.EqualTo(old));
        release.SetResult();

        AccessToken? current = null;
        await Eventually.UntilAsync(() => current is not null && !current.Equals(old), async () => current = await TokenAsync(host, owner));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [TestCase("42")]
    [TestCase(null)]
    public async Task Not_refreshed_before_the_window(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var old = await SignedInAsync(host, owner);
        host.Clock.Advance(Early - Tick);
        Assert.That(await TokenAsync(host, owner), Is.EqualTo(old));
        host.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.That(await TokenAsync(host, owner), Is.Not.EqualTo(old));
        Assert.That(host.TokenRequests, Is.EqualTo(1), "an early refresh would have been the first of two requests");
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("Token lifecycle 3: a failure is only logged, and the refresh is not tried again for five seconds")]
    public async Task A_failure_is_only_logged(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var old = await SignedInAsync(host, owner);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, ErrorResponse));
        host.Clock.Advance(Early);

        Assert.That(await TokenAsync(host, owner), Is.EqualTo(old));
        await Eventually.UntilAsync(() => host.Log.Events(302).Count == 1);
        for (int i = 0; i < 100; i++)
            Assert.That(await TokenAsync(host, owner), Is.EqualTo(old));
        host.Clock.Advance(TimeSpan.FromSeconds(5) - Tick);
        for (int i = 0; i < 100; i++)
            Assert.That(await TokenAsync(host, owner), Is.EqualTo(old));
        Assert.That(host.TokenRequests, Is.EqualTo(1), "within the delay");

        host.Clock.Advance(Tick);
        await Eventually.UntilAsync(() => host.TokenRequests == 2, async () => Assert.That(await TokenAsync(host, owner), Is.EqualTo(old)));
        await Eventually.UntilAsync(() => host.Log.Events(302).Count == 2);
        for (int i = 0; i < 100; i++)
            await TokenAsync(host, owner);
        Assert.That(host.TokenRequests, Is.EqualTo(2), "delayed again");

        var warning = host.Log.Events(302)[0];
        Assert.That(warning.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(warning.Message, Does.Contain("'photos'").And.Contain(nameof(TokenEndpointException)).And.Not.Contain(old.Reveal()));
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("Token lifecycle 3: after the token expires callers wait for a refresh, even during the delay after an early failure")]
    public async Task After_expiry_callers_wait(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var old = await SignedInAsync(host, owner);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, ErrorResponse), times: 1);
        host.Clock.Advance(TimeSpan.FromHours(1) - Tick);
        await TokenAsync(host, owner);
        await Eventually.UntilAsync(() => host.Log.Events(302).Count == 1);

        host.Clock.Advance(Tick);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        var waiting = TokenAsync(host, owner);
        await host.Server.WaitForRequestAsync(TestEndpoint.Token, 2).Promptly();
        Assert.That(waiting.IsCompleted, Is.False);
        release.SetResult();

        Assert.That(await waiting.Promptly(), Is.Not.EqualTo(old));
    }

    [Test]
    [Description(
        "Token lifecycle 3: after invalid_grant for an early refresh the current token remains usable, and the server is not "
            + "asked again"
    )]
    public async Task Rejected_before_expiry()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Answers("""{"error":"invalid_grant"}""", 400);
        server.Clock.Advance(Early);
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await Eventually.UntilAsync(() => server.Log.Events(302).Count == 1);

        server.Clock.Advance(TimeSpan.FromSeconds(30) - Tick);
        for (int i = 0; i < 10; i++)
            Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-1"));
        server.Clock.Advance(Tick);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A success resets the delay after an earlier failure: the next early window begins without a delay")]
    public async Task A_success_resets_the_delay()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Answers(ErrorResponse, 400);
        server.Clock.Advance(Early);
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await Eventually.UntilAsync(() => server.Log.Events(302).Count == 1);

        server.Answers(Tokens("at-2", "rt-2", expiresIn: 1));
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));

        server.Answers(Tokens("at-3", "rt-3"));
        server.Clock.Advance(TimeSpan.FromMilliseconds(800));
        await Eventually.UntilAsync(
            () => server.Requests.Count == 3,
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))
        );
    }

    private static GrantOwner Owner(string? id) => id is null ? GrantOwner.Client : GrantOwner.User(id);

    private static Task<AccessToken> TokenAsync(OAuthTestHost host, string? owner) =>
        host.Client.GetAccessTokenAsync(Owner(owner)).Promptly();

    private static async Task<AccessToken> SignedInAsync(OAuthTestHost host, string? owner)
    {
        if (owner is not null)
            await host.SignInAsync(owner);
        var token = await TokenAsync(host, owner);
        host.Server.ClearRequests();
        return token;
    }
}
