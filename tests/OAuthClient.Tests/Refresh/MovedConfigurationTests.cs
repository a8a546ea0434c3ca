using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>The configuration is reloaded and names another server or client: what the old one gave goes nowhere (RFC 9700 §4.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MovedConfigurationTests
{
    [Test]
    [Description("Another server: the old server's tokens and refresh tokens are not sent there, nor used at all")]
    public async Task Another_server()
    {
        await using var moved = await MovingAsync();
        await moved.SignInAsync();
        await moved.Client.GetAccessTokenAsync(GrantOwner.Client);
        moved.To(moved.Second, "photos");

        Assert.That(
            async () => await moved.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await moved.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        var own = await moved.Client.GetAccessTokenAsync(GrantOwner.Client);

        var sent = moved.Second.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(sent.Form["grant_type"], Is.EqualTo("client_credentials"));
        Assert.That(await moved.Client.GetAccessTokenAsync(GrantOwner.Client), Is.EqualTo(own));
    }

    [Test]
    [Description("Another client id at the same server: the old client's tokens are not used")]
    public async Task Another_client()
    {
        await using var moved = await MovingAsync();
        await moved.SignInAsync();
        var old = await moved.Client.GetAccessTokenAsync(GrantOwner.Client);
        moved.To(moved.First, "other");
        Assert.That(
            async () => await moved.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await moved.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(await moved.Client.GetAccessTokenAsync(GrantOwner.Client), Is.Not.EqualTo(old));
    }

    [Test]
    [Description("A rotated client secret is no other client: its tokens go on, and the new secret is sent from now on")]
    public async Task Another_secret()
    {
        await using var moved = await MovingAsync();
        await moved.SignInAsync();
        moved.First.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "rotated",
                RedirectUris = { OAuthTestHost.Callback },
            }
        );
        moved.Configuration["ClientSecret"] = "rotated";
        moved.Configuration.Reload();
        moved.First.ClearRequests();
        moved.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(async () => await moved.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.Nothing);
        Assert.That(moved.First.RequestsTo(TestEndpoint.Token).Single().ResponseStatus, Is.EqualTo(200));
    }

    [Test]
    [Description("Moved back: what the server gave is still good there")]
    public async Task And_back_again()
    {
        await using var moved = await MovingAsync();
        var grant = await moved.SignInAsync();
        moved.To(moved.Second, "photos");
        Assert.That(
            async () => await moved.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        moved.To(moved.First, "photos");
        Assert.That(await moved.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(grant.AccessToken));
    }

    [Test]
    [Description("Revoking forgets also what the old server gave, and tells the new one nothing about it")]
    public async Task Revoked_after_the_move()
    {
        await using var moved = await MovingAsync();
        await moved.SignInAsync();
        moved.To(moved.Second, "photos");
        await moved.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(moved.Second.RequestsTo(TestEndpoint.Revocation), Is.Empty);
        Assert.That(moved.First.RequestsTo(TestEndpoint.Revocation), Is.Empty);
        moved.To(moved.First, "photos");
        Assert.That(await moved.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description(
        "Threat: a token to another server. Moved while a request is under way at the old server: the token it brings is not given to those who ask after the move"
    )]
    public async Task Moved_during_a_request(string? owner)
    {
        await using var moved = await MovingAsync();
        await moved.SignInAsync();
        moved.Clock.Advance(TimeSpan.FromHours(1));
        moved.First.ClearRequests();
        TaskCompletionSource release = new();
        moved.First.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        GrantOwner whose = owner is null ? GrantOwner.Client : GrantOwner.User(owner);
        var before = moved.Client.GetAccessTokenAsync(whose).AsTask();
        await moved.First.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        moved.To(moved.Second, "photos");
        var after = moved.Client.GetAccessTokenAsync(whose).AsTask();
        release.SetResult();

        if (owner is null)
            Assert.That(await after.Promptly(), Is.Not.EqualTo(await before.Promptly()));
        else
            Assert.That(async () => await after.Promptly(), Throws.TypeOf<ReauthorizationRequiredException>());
        await before.Promptly();
        Assert.That(
            moved.Second.RequestsTo(TestEndpoint.Token).Select(request => request.Form["grant_type"]),
            Is.All.EqualTo("client_credentials")
        );
    }

    [Test]
    [Description(
        "Threat: mix-up. A code whose exchange began at one server stays there, though the registration moves while its metadata are fetched (RFC 9700 §4.4)"
    )]
    public async Task Moved_during_a_login()
    {
        await using var moved = await MovingAsync();
        var pending = await moved.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(await moved.First.SignInAsync(pending.AuthorizationUri));
        moved.Clock.Advance(TimeSpan.Zero);
        moved.OnNextConsume = () => moved.To(moved.Second, "photos");

        Assert.That(
            (await moved.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42"))).Server,
            Is.EqualTo(moved.First.Issuer.OriginalString)
        );
        Assert.That(moved.Second.Requests, Is.Empty);
    }

    private static async Task<Moving> MovingAsync()
    {
        ManualTimeProvider clock = new();
        var first = await TestAuthorizationServer.StartAsync(o => o.TimeProvider = clock);
        var second = await TestAuthorizationServer.StartAsync(o => o.TimeProvider = clock);
        foreach (var server in new[] { first, second })
        {
            foreach (string id in new[] { "photos", "other" })
                server.AddClient(
                    new TestClient
                    {
                        ClientId = id,
                        ClientSecret = "secret",
                        RedirectUris = { OAuthTestHost.Callback },
                    }
                );
        }
        return new Moving(first, second, clock);
    }

    private sealed class Moving : IAsyncDisposable, IGrantStore
    {
        private readonly ServiceProvider provider;
        private readonly InMemoryGrantStore store;

        public Moving(TestAuthorizationServer first, TestAuthorizationServer second, ManualTimeProvider clock)
        {
            (First, Second, Clock) = (first, second, clock);
            store = new InMemoryGrantStore(clock);
            Configuration = new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?>(StringComparer.Ordinal)
                    {
                        ["Issuer"] = first.Issuer.OriginalString,
                        ["ClientId"] = "photos",
                        ["ClientSecret"] = "secret",
                        ["RedirectUri"] = OAuthTestHost.Callback,
                        ["Scopes:0"] = "api",
                        ["DangerouslyAllowHttpOnLoopback"] = "true",
                    }
                )
                .Build();
            ServiceCollection services = new();
            services.AddSingleton<TimeProvider>(clock);
            services.AddSingleton<IGrantStore>(this);
            services.AddOAuthClient(Configuration);
            provider = services.BuildServiceProvider();
        }

        public TestAuthorizationServer First { get; }
        public TestAuthorizationServer Second { get; }
        public ManualTimeProvider Clock { get; }
        public IConfigurationRoot Configuration { get; }
        public IOAuthClient Client => provider.GetRequiredService<IOAuthClient>();
        public Action? OnNextConsume { get; set; }

        public void To(TestAuthorizationServer server, string clientId)
        {
            Configuration["Issuer"] = server.Issuer.OriginalString;
            Configuration["ClientId"] = clientId;
            Configuration.Reload();
        }

        public async Task<Grant> SignInAsync()
        {
            var pending = await Client.BeginAuthorizationAsync();
            return await Client.CompleteAuthorizationAsync(
                pending,
                AuthorizationResponse.Parse(await First.SignInAsync(pending.AuthorizationUri)),
                GrantOwner.User("42")
            );
        }

        public async ValueTask DisposeAsync()
        {
            await provider.DisposeAsync();
            await First.DisposeAsync();
            await Second.DisposeAsync();
        }

        ValueTask<IReadOnlyList<Grant>> IGrantStore.FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
            store.FindAsync(clientName, owner, cancellationToken);

        ValueTask<IReadOnlyList<Grant>> IGrantStore.FindCurrentAsync(
            string clientName,
            GrantOwner owner,
            CancellationToken cancellationToken
        ) => store.FindCurrentAsync(clientName, owner, cancellationToken);

        ValueTask<IReadOnlyList<Grant>> IGrantStore.FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
            store.FindByFingerprintAsync(fingerprint, cancellationToken);

        ValueTask IGrantStore.AddAsync(Grant grant, CancellationToken cancellationToken) => store.AddAsync(grant, cancellationToken);

        ValueTask<bool> IGrantStore.TryReplaceAsync(Grant newer, CancellationToken cancellationToken) =>
            store.TryReplaceAsync(newer, cancellationToken);

        ValueTask IGrantStore.RemoveAsync(Grant grant, CancellationToken cancellationToken) => store.RemoveAsync(grant, cancellationToken);

        ValueTask<LeaseResult> IGrantStore.TryAcquireLeaseAsync(
            Grant seen,
            RefreshLease? held,
            TimeSpan length,
            CancellationToken cancellationToken
        ) => store.TryAcquireLeaseAsync(seen, held, length, cancellationToken);

        ValueTask IGrantStore.ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
            store.ReleaseLeaseAsync(lease, status, cancellationToken);

        ValueTask IGrantStore.WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
            store.WaitForChangeAsync(seen, atMost, cancellationToken);

        ValueTask<bool> IGrantStore.TryConsumeStateAsync(
            string stateFingerprint,
            DateTimeOffset expiresAt,
            CancellationToken cancellationToken
        )
        {
            OnNextConsume?.Invoke();
            return store.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);
        }
    }
}
