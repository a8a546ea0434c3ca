using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that tokens of the old server or client are not used after the configuration is reloaded with another one (RFC 9700 §4.4).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MovedConfigurationTests
{
    [Test]
    [Description("Another server: the tokens of the old server are neither sent to the new one nor used")]
    public async Task Another_server()
    {
        await using var moved = await StartAsync();
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
        await using var moved = await StartAsync();
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
    [Description("A rotated client secret does not change the client: its tokens remain valid, and the new secret is sent from then on")]
    public async Task Another_secret()
    {
        await using var moved = await StartAsync();
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
    [Description("After the old configuration is restored, the tokens of its server are valid again")]
    public async Task Restored_configuration()
    {
        await using var moved = await StartAsync();
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
    [Description("A revocation also removes the grants of the old server, and sends nothing about them to the new one")]
    public async Task Revoked_after_the_change()
    {
        await using var moved = await StartAsync();
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
        "Threat: a token to another server. The configuration changes while a request to the old server is in progress: callers "
            + "after the change do not receive its token"
    )]
    public async Task Changed_during_a_request(string? owner)
    {
        await using var moved = await StartAsync();
        await moved.SignInAsync();
        moved.Clock.Advance(TimeSpan.FromHours(1));
        moved.First.ClearRequests();
        TaskCompletionSource release = new();
        moved.First.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        GrantOwner grantOwner = owner is null ? GrantOwner.Client : GrantOwner.User(owner);
        var before = moved.Client.GetAccessTokenAsync(grantOwner).AsTask();
        await moved.First.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        moved.To(moved.Second, "photos");
        var after = moved.Client.GetAccessTokenAsync(grantOwner).AsTask();
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
        "Threat: mix-up. A code exchange that began with one server is sent to that server, even if the registration changes "
            + "while its metadata are requested (RFC 9700 §4.4)"
    )]
    public async Task Changed_during_a_login()
    {
        await using var moved = await StartAsync();
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

    private static async Task<ChangeableServer> StartAsync()
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
        return new ChangeableServer(first, second, clock);
    }

    private sealed class ChangeableServer : IAsyncDisposable, IGrantStore
    {
        private readonly ServiceProvider provider;
        private readonly InMemoryGrantStore store;

        public ChangeableServer(TestAuthorizationServer first, TestAuthorizationServer second, ManualTimeProvider clock)
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
