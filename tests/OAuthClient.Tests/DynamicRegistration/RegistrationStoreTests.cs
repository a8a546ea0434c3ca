using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests how registered clients are shared through a store, and what happens when the store fails.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationStoreTests
{
    [Test]
    [Description("The client that another node has registered again is used, and no third one is registered")]
    public async Task A_new_registration_of_another_node_is_used()
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
    [Description("RFC 7592 §2.3: a client that another node registered is used within a minute; the store is read once a minute")]
    public async Task A_client_deleted_by_another_node_is_replaced()
    {
        RegisteringServer server = new();
        CountingClientStore store = new();
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
    [Description("The client in memory is used when the store cannot be read")]
    public async Task An_unavailable_store_does_not_stop_requests()
    {
        RegisteringServer server = new();
        CountingClientStore store = new();
        await using var node = server.Node(store);
        await Registration(node).RegisterAsync();
        store.IsUnavailable = true;
        node.Clock.Advance(TimeSpan.FromMinutes(1));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await Eventually.UntilAsync(() => node.Log.Events(505).Count == 1);
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("A stored client of another server is rejected")]
    public async Task A_stored_client_of_another_server_is_rejected()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using (var before = server.Node(store))
            await Registration(before).RegisterAsync();
        await using var node = server.Node(
            new MismatchingStore((await store.FindAsync("", ScriptedServer.Origin + "/token", default))!),
            options: o => o.TokenEndpoint = new("https://other.example/token")
        );
        Assert.That(
            async () => await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("IDynamicClientStore")
        );
    }

    [Test]
    [Description("A client that could not be stored is used from memory and stored later")]
    public async Task A_client_that_could_not_be_stored_is_stored_later()
    {
        RegisteringServer server = new();
        UnavailableStore store = new();
        await using var node = server.Node(store);
        await node.SignInAsync();
        Assert.That(node.Log.Events(503), Has.Count.EqualTo(1));
        Assert.That(store.Stored, Is.Null);

        store.IsUnavailable = false;
        node.Clock.Advance(TimeSpan.FromSeconds(10));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(store.Stored!.ClientId, Is.EqualTo("client-1"));
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();

    private sealed class MismatchingStore(DynamicClient client) : IDynamicClientStore
    {
        public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken) => new(client);

        public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken) => new(false);

        public ValueTask RemoveAsync(DynamicClient removed, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class CountingClientStore : IDynamicClientStore
    {
        private readonly InMemoryDynamicClientStore inner = new();
        private int finds;

        public bool IsUnavailable { get; set; }
        public int Finds => Volatile.Read(ref finds);

        public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref finds);
            return IsUnavailable
                ? throw new IOException("The store is unavailable.")
                : inner.FindAsync(clientName, server, cancellationToken);
        }

        public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken) =>
            inner.TryReplaceAsync(newer, cancellationToken);

        public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken) =>
            inner.RemoveAsync(client, cancellationToken);
    }

    private sealed class UnavailableStore : IDynamicClientStore
    {
        public bool IsUnavailable { get; set; } = true;
        public DynamicClient? Stored { get; private set; }

        public ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken) => new(Stored);

        public ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken)
        {
            if (IsUnavailable)
                throw new IOException("The store is unavailable.");
            Stored = newer;
            return new(true);
        }

        public ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
