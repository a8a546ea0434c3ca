using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that all callers and nodes share one registered client while the server knows it, and that a new one is registered only when it
/// cannot be used any more (RFC 7591 §3.2.1, RFC 7592).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationLifecycleTests
{
    [Test]
    [Description("RFC 7591 §3: concurrent callers share one registration")]
    public async Task Concurrent_callers_share_one_registration()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => node.Client.BeginAuthorizationAsync())));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("Cancellation by a caller does not cancel the registration")]
    public async Task Cancellation_by_a_caller_does_not_cancel_the_registration()
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource release = new();
        RegisteringServer server = new()
        {
            Before = sentRequest =>
            {
                arrived.TrySetResult();
                return release.Task;
            },
        };
        await using var node = server.Node();
        using CancellationTokenSource cancellation = new();
        var begun = node.Client.BeginAuthorizationAsync(null, cancellation.Token);
        await arrived.Task.Promptly();
        await cancellation.CancelAsync();
        Assert.That(async () => await begun, Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();
        await node.Client.BeginAuthorizationAsync().Promptly();
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("Credentials are stored by server: another process uses the same client and finds its grants")]
    public async Task Another_process_uses_the_same_client()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using (var first = server.Node(store))
            await first.Client.BeginAuthorizationAsync();
        await using var second = server.Node(store);
        await second.SignInAsync();
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(server.RequestsTo("/token"), Has.Count.EqualTo(1));

        await using var elsewhere = server.Node(store, options: o => o.TokenEndpoint = new("https://other.example/token"));
        await Registration(elsewhere).RegisterAsync();
        Assert.That(server.Registrations, Is.EqualTo(2), "another server's credentials are not used");
    }

    [Test]
    [Description("RFC 7592 §2.3: nodes that register concurrently use one client, and the other one is deleted at the server")]
    public async Task Two_nodes_that_register_concurrently_use_one_client()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        TaskCompletionSource both = new();
        int waiting = 0;
        server.Before = sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath != "/register")
                return Task.CompletedTask;
            if (Interlocked.Increment(ref waiting) == 2)
                both.SetResult();
            return both.Task;
        };
        await using var one = server.Node(store);
        await using var two = server.Node(store);
        var clients = await Task.WhenAll(Registration(one).RegisterAsync(), Registration(two).RegisterAsync()).Promptly();

        Assert.That(server.Registrations, Is.EqualTo(2));
        Assert.That(clients[0].ClientId, Is.EqualTo(clients[1].ClientId));
        Assert.That(server.Clients, Is.EqualTo([clients[0].ClientId]));
        await one.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await two.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
    }

    [Test]
    [Description("RFC 6749 §5.2: a client that the server removed is registered again once, and repeatable requests are retried")]
    public async Task A_removed_client_is_registered_again()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await node.SignInAsync();
        node.Clock.Advance(TimeSpan.FromMinutes(11));
        server.Forget("client-1");
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        Assert.That(server.RequestsTo("/token"), Has.Count.EqualTo(3));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(
            async () => await node.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(node.Log.Events(502), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("The access token of the client is requested with the new registration")]
    public async Task A_removed_client_gets_new_tokens_of_its_own()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await node.Client.GetAccessTokenAsync(GrantOwner.Client);
        node.Clock.Advance(TimeSpan.FromHours(2));
        server.Forget("client-1");
        await node.Client.GetAccessTokenAsync(GrantOwner.Client);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        Assert.That(server.RequestsTo("/token"), Has.Count.EqualTo(3));
    }

    [Test]
    [Description("RFC 7592 §2.1: after invalid_client, a registration that can still be read is kept, with all grants")]
    public async Task A_rejected_client_that_still_exists_is_kept()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        var grant = await node.SignInAsync();
        node.Clock.Advance(TimeSpan.FromMinutes(11));
        server.ReplaceSecret("client-1", "rotated");
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(server.RequestsTo("/manage/client-1"), Has.Count.EqualTo(1), "the response has the new secret");
        Assert.That((await node.Client.FindGrantAsync(GrantOwner.User("42")))!.Id, Is.EqualTo(grant.Id));
    }

    [Test]
    [Description("A client is not registered again within ten minutes, so that a server that removes clients does not cause a loop")]
    public async Task Registering_again_does_not_loop()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        for (int i = 0; i < 20; i++)
        {
            await Registration(node).RegisterAsync();
            foreach (string client in server.Clients)
                server.Forget(client);
            Assert.That(
                async () => await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
                Throws.TypeOf<TokenEndpointException>().With.Property("Error").EqualTo("invalid_client")
            );
            node.Clock.Advance(TimeSpan.FromSeconds(29));
        }
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("Without RFC 7592 management, a rejection is accepted after the cool-down")]
    public async Task A_removed_client_without_management_is_registered_again()
    {
        RegisteringServer server = new() { Answer = json => json.Remove("registration_access_token") };
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        server.Forget("client-1");
        node.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.That(
            async () => await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>()
        );
        node.Clock.Advance(TimeSpan.FromMinutes(2));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
    }

    [Test]
    [Description("RFC 7592 §2.2: a changed redirect URI is registered before a browser is sent to the server")]
    public async Task A_changed_redirect_uri_is_registered()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using (var before = server.Node(store))
            await Registration(before).RegisterAsync();
        await using var after = server.Node(store, options: o => o.RedirectUri = new("https://app.example/changed"));
        await after.Client.BeginAuthorizationAsync();
        Assert.That((string?)server.Of("client-1")["redirect_uris"]![0], Is.EqualTo("https://app.example/changed"));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();
}
