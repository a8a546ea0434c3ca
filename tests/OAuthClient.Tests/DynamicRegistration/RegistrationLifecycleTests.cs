using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>One client for all who ask and all nodes, for as long as the server knows it, and another only when nobody can help (RFC 7591 §3.2.1, RFC 7592).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationLifecycleTests
{
    [Test]
    [Description("RFC 7591 §3: however many ask at once, one client is registered")]
    public async Task Many_callers_one_registration()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => node.Client.BeginAuthorizationAsync())));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("A caller who leaves does not take the registration along")]
    public async Task A_caller_who_leaves()
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource go = new();
        RegisteringServer server = new()
        {
            Before = sentRequest =>
            {
                arrived.TrySetResult();
                return go.Task;
            },
        };
        await using var node = server.Node();
        using CancellationTokenSource leaving = new();
        var begun = node.Client.BeginAuthorizationAsync(null, leaving.Token);
        await arrived.Task.Promptly();
        await leaving.CancelAsync();
        Assert.That(async () => await begun, Throws.InstanceOf<OperationCanceledException>());
        go.SetResult();
        await node.Client.BeginAuthorizationAsync().Promptly();
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("Credentials are kept for each server and used again: another process registers no other client, and finds the grants")]
    public async Task The_next_process_is_the_same_client()
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
    [Description("Two nodes that register at the same moment end with one client, and the needless one is taken back (RFC 7592 §2.3)")]
    public async Task Two_nodes_at_once()
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
    [Description(
        "RFC 6749 §5.2: the server has forgotten the client. It is registered anew, once, and what can be asked for again is; grants were the old client's"
    )]
    public async Task A_forgotten_client_is_registered_anew()
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
        Assert.That(node.Log.Events(15), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("The same for the client's own token that the handler asks for")]
    public async Task A_forgotten_client_gets_its_own_tokens_all_the_same()
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
    [Description(
        "A server that says invalid_client and knows the client when asked (RFC 7592 §2.1) gets no second one: that would cost all users their grants"
    )]
    public async Task A_refused_client_that_still_exists_is_kept()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        var grant = await node.SignInAsync();
        node.Clock.Advance(TimeSpan.FromMinutes(11));
        server.ReplaceSecret("client-1", "rotated");
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(server.RequestsTo("/manage/client-1"), Has.Count.EqualTo(1), "and the new secret came with the answer");
        Assert.That((await node.Client.FindGrantAsync(GrantOwner.User("42")))!.Id, Is.EqualTo(grant.Id));
    }

    [Test]
    [Description("A server that forgets what it has just registered is not filled with clients: no other for ten minutes")]
    public async Task Registering_anew_never_loops()
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
    [Description("Where the server lets nobody ask (no RFC 7592), its refusal is believed after the cool-down")]
    public async Task A_forgotten_client_that_cannot_be_managed()
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
    [Description("Another node has registered anew meanwhile: its client is used, and no third one made")]
    public async Task Another_nodes_new_registration_is_adopted()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using var one = server.Node(store);
        await using var two = server.Node(store);
        await Registration(one).RegisterAsync();
        await Registration(two).RegisterAsync();
        foreach (var node in new[] { one, two })
            node.Clock.Advance(TimeSpan.FromMinutes(11));
        server.Forget("client-1");
        await one.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await two.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Registrations, Is.EqualTo(2));
        Assert.That(server.RequestsTo("/manage/client-1"), Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "RFC 7592 §2.3: what one node deleted and registered anew, the other uses too within a minute, and asks the store no more often than that"
    )]
    public async Task A_client_deleted_by_another_node()
    {
        RegisteringServer server = new();
        Counting store = new();
        await using var one = server.Node(store);
        await using var two = server.Node(store);
        await Registration(one).RegisterAsync();
        await Registration(two).RegisterAsync();
        await Registration(one).DeleteAsync();
        await Registration(one).RegisterAsync();

        int before = store.Finds;
        string used = "";
        two.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That((await Registration(two).RegisterAsync()).ClientId, Is.EqualTo("client-1"));
        Assert.That(store.Finds, Is.EqualTo(before));
        two.Clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.UntilAsync(() => used == "client-2", async () => used = (await Registration(two).RegisterAsync()).ClientId);
        Assert.That(store.Finds, Is.EqualTo(before + 1));
        Assert.That(server.Registrations, Is.EqualTo(2));

        await Registration(one).DeleteAsync();
        two.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.UntilAsync(() => used == "client-3", async () => used = (await Registration(two).RegisterAsync()).ClientId);
        Assert.That((await Registration(one).RegisterAsync()).ClientId, Is.EqualTo("client-3"));
    }

    [Test]
    [Description("A store that is away when it is looked into is no reason to stop: the client in memory is used")]
    public async Task A_store_that_is_away_when_nothing_is_needed()
    {
        RegisteringServer server = new();
        Counting store = new();
        await using var node = server.Node(store);
        await Registration(node).RegisterAsync();
        store.IsAway = true;
        node.Clock.Advance(TimeSpan.FromMinutes(1));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await Eventually.UntilAsync(() => node.Log.Events(18).Count == 1);
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7591 §3.2.1, RFC 7592 §2: a secret that ends is renewed before it does, and the client stays the same")]
    public async Task A_secret_is_renewed_before_it_ends()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        server.Answer = json => json["client_secret_expires_at"] = node.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        var client = await Registration(node).RegisterAsync();
        Assert.That(client.SecretExpiresAt, Is.EqualTo(node.Clock.GetUtcNow().AddDays(1)).Within(TimeSpan.FromSeconds(1)));

        node.Clock.Advance(TimeSpan.FromHours(22.9));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.RequestsTo("/manage/client-1"), Is.Empty, "not earlier than needed");
        node.Clock.Advance(TimeSpan.FromHours(0.2));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.RequestsTo("/manage/client-1").Select(request => request.Method), Is.EqualTo([HttpMethod.Get]));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7592 §2.2: where reading does not give a new secret, an update may")]
    public async Task A_secret_is_renewed_by_an_update()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        var end = node.Clock.GetUtcNow().AddDays(1);
        server.Answer = json => json["client_secret_expires_at"] = end.ToUnixTimeSeconds();
        await Registration(node).RegisterAsync();
        node.Clock.Advance(TimeSpan.FromHours(23.5));
        server.Before = sentRequest =>
        {
            if (sentRequest.Method == HttpMethod.Put)
            {
                end = end.AddDays(30);
                server.ReplaceSecret("client-1", "renewed");
            }
            return Task.CompletedTask;
        };
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.RequestsTo("/manage/client-1").Select(request => request.Method), Is.EqualTo([HttpMethod.Get, HttpMethod.Put]));
        Assert.That(server.RequestsTo("/token")[^1].Authorization, Is.EqualTo("Basic " + Convert.ToBase64String("client-1:renewed"u8)));
    }

    [Test]
    [Description("RFC 7591 §3.2.1: a secret that has ended, and nobody renews, means another client; until then the old one is used")]
    public async Task An_expired_secret_means_another_client()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        server.Answer = json =>
        {
            json["client_secret_expires_at"] = node.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
            json.Remove("registration_client_uri");
        };
        await Registration(node).RegisterAsync();
        node.Clock.Advance(TimeSpan.FromHours(23.9));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Registrations, Is.EqualTo(1));
        node.Clock.Advance(TimeSpan.FromHours(0.2));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(
            server.RequestsTo("/token")[^1].Authorization,
            Is.EqualTo("Basic " + Convert.ToBase64String("client-2:secret-of-client-2"u8))
        );
    }

    [Test]
    [Description("A server that cannot be asked about a secret that ends soon is no reason to stop while the secret lives")]
    public async Task An_outage_before_the_end_is_survived()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        server.Answer = json => json["client_secret_expires_at"] = node.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        await Registration(node).RegisterAsync();
        node.Clock.Advance(TimeSpan.FromHours(23.5));
        server.Before = sentRequest =>
            sentRequest.Uri.AbsolutePath.StartsWith("/manage", StringComparison.Ordinal)
                ? throw new HttpRequestException("away")
                : Task.CompletedTask;
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(node.Log.Events(17), Has.Count.EqualTo(1));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("An outage at the first registration passes as what it is; a second later it is tried again")]
    public async Task An_outage_at_the_first_registration()
    {
        RegisteringServer server = new() { Before = _ => throw new HttpRequestException("away") };
        await using var node = server.Node();
        Assert.That(async () => await node.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        server.Before = _ => Task.CompletedTask;
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<HttpRequestException>(),
            "not asked again at once"
        );
        node.Clock.Advance(TimeSpan.FromSeconds(1));
        await node.Client.BeginAuthorizationAsync();
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("Whoever wants to leave can, also when the client cannot be registered just now")]
    public async Task Revoking_does_not_need_a_registration()
    {
        RegisteringServer server = new() { Before = _ => throw new HttpRequestException("away") };
        await using var node = server.Node();
        await node.Store.AddAsync(
            new Grant("an-id", "", GrantOwner.User("42"), ScriptedServer.Origin + "/token", "an-old-client"),
            default
        );
        await node.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(await node.Store.FindAsync("", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description(
        "A redirect URI that the kept client was not registered with: said to the server before anybody is sent there (RFC 7592 §2.2)"
    )]
    public async Task A_moved_redirect_uri_is_registered()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using (var before = server.Node(store))
            await Registration(before).RegisterAsync();
        await using var after = server.Node(store, options: o => o.RedirectUri = new("https://app.example/moved"));
        await after.Client.BeginAuthorizationAsync();
        Assert.That((string?)server.Of("client-1")["redirect_uris"]![0], Is.EqualTo("https://app.example/moved"));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("What a store gives that was another server's is not believed")]
    public async Task A_store_that_confuses_servers()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using (var before = server.Node(store))
            await Registration(before).RegisterAsync();
        await using var node = server.Node(
            new Confusing((await store.FindAsync("", ScriptedServer.Origin + "/token", default))!),
            options: o => o.TokenEndpoint = new("https://other.example/token")
        );
        Assert.That(
            async () => await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("IDynamicClientStore")
        );
    }

    [Test]
    [Description("What the server gave and the store did not take is used from memory, and offered again")]
    public async Task A_store_that_is_away_when_it_matters()
    {
        RegisteringServer server = new();
        Refusing store = new();
        await using var node = server.Node(store);
        await node.SignInAsync();
        Assert.That(node.Log.Events(16), Has.Count.EqualTo(1));
        Assert.That(store.Kept, Is.Null);

        store.IsAway = false;
        node.Clock.Advance(TimeSpan.FromSeconds(10));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(store.Kept!.ClientId, Is.EqualTo("client-1"));
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();

    private sealed class Confusing(DynamicClient client) : IDynamicClientStore
    {
        public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken) => new(client);

        public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken) => new(false);

        public ValueTask RemoveAsync(DynamicClient gone, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class Counting : IDynamicClientStore
    {
        private readonly InMemoryDynamicClientStore inner = new();
        private int finds;

        public bool IsAway { get; set; }
        public int Finds => Volatile.Read(ref finds);

        public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref finds);
            return IsAway ? throw new IOException("The store is away.") : inner.FindAsync(clientName, server, cancellationToken);
        }

        public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken) =>
            inner.TryReplaceAsync(newer, cancellationToken);

        public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken) =>
            inner.RemoveAsync(client, cancellationToken);
    }

    private sealed class Refusing : IDynamicClientStore
    {
        public bool IsAway { get; set; } = true;
        public DynamicClient? Kept { get; private set; }

        public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken) => new(Kept);

        public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken)
        {
            if (IsAway)
                throw new IOException("The store is away.");
            Kept = newer;
            return new(true);
        }

        public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
