using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that a token is read from the cache only while it is fresh. All other cases take the asynchronous path.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CachedTokenTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("The cache returns the same token and header as the asynchronous path")]
    public async Task A_fresh_token_is_cached()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        foreach (var owner in new[] { Owner, GrantOwner.Client })
        {
            var token = ProviderOf(host).TryGetCached(owner, AccessTokenKey.Default, out string? header);

            Assert.That(token, Is.SameAs(await host.Client.GetAccessTokenAsync(owner)));
            Assert.That(header, Is.EqualTo("Bearer " + token!.Reveal()));
        }
    }

    [Test]
    [Description("A token that the handler reads from the cache is measured as a cache hit, for an owner and for the client")]
    public async Task A_cached_token_is_measured_as_a_hit()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        using RecordedMeasurements measured = new(host.Services);

        ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _);
        ProviderOf(host).TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out _);
        ProviderOf(host).TryGetCached(GrantOwner.User("unknown"), AccessTokenKey.Default, out _);

        Assert.That(
            measured.Tags("oauthclient.token.lookups"),
            Is.EqualTo(new[] { "name=photos grant_type=refresh_token result=hit", "name=photos grant_type=client_credentials result=hit" })
        );
    }

    [TestCase(0, true)]
    [TestCase(3569, true)]
    [TestCase(3570, false)]
    [TestCase(3600, false)]
    [TestCase(36_000, false)]
    [Description("A token whose refresh is due, 30 seconds before it expires, is not returned from the cache")]
    public async Task A_token_that_expires_soon_is_not_returned(int secondsLater, bool isCached)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Not.Null);

        host.Clock.Advance(TimeSpan.FromSeconds(secondsLater));

        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out string? header) is not null, Is.EqualTo(isCached));
        Assert.That(header is not null, Is.EqualTo(isCached));
        Assert.That(ProviderOf(host).TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out _) is not null, Is.EqualTo(isCached));
    }

    [Test]
    [Description("Another owner or the client finds no token of the owner")]
    public async Task Another_owner_finds_no_token()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();

        foreach (
            var other in new[]
            {
                GrantOwner.User("4"),
                GrantOwner.User("421"),
                GrantOwner.User("42 "),
                GrantOwner.Client,
                GrantOwner.Service("42"),
            }
        )
            Assert.That(ProviderOf(host).TryGetCached(other, AccessTokenKey.Default, out _), Is.Null);
    }

    [Test]
    [Description("Fewer scopes or a single resource have another cache key")]
    public async Task A_narrower_token_is_another_token()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();

        Assert.That(ProviderOf(host).TryGetCached(Owner, new(["api"], []), out _), Is.Null);
        Assert.That(ProviderOf(host).TryGetCached(Owner, new([], ["https://api.example.com"]), out _), Is.Null);
    }

    [Test]
    [Description("RFC 7009 §2: a revoked token is removed from the cache")]
    public async Task A_revoked_token_is_not_returned()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Not.Null);

        await host.Client.RevokeAsync(Owner);

        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Null);
    }

    [Test]
    [Description("A refresh or a new login replaces the cached token")]
    public async Task A_newer_token_replaces_the_cached_one()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var first = (await host.SignedInAsync()).AccessToken;
        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(first));
        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(first));

        var second = await ProviderOf(host).GetAsync(Owner, AccessTokenKey.Default, rejection: AccessTokenRejection.Of(first), default);
        Assert.That(
            ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out string? header),
            Is.EqualTo(second).And.Not.EqualTo(first)
        );
        Assert.That(header, Is.EqualTo("Bearer " + second.Reveal()));

        var third = (await host.SignedInAsync()).AccessToken;
        Assert.That(ProviderOf(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(third).And.Not.EqualTo(second));
    }

    [TestCase("another-client", SampleConfiguration.Issuer)]
    [TestCase("client-id", "https://other.example.com")]
    [Description("A token of the previously configured client or server is not sent after the registration changed")]
    public async Task A_token_of_another_client_or_server_is_not_returned(string clientId, string server)
    {
        await using ScriptedServer script = new();
        var grant = await script.SignedInAsync(ScriptedServer.Tokens("at-1"));
        var tokens = script.Services.GetRequiredKeyedService<AccessTokenProvider>(grant.ClientName);
        Assert.That(tokens.TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(grant.AccessToken));

        await script.Store.AddAsync(new Grant("id", grant.ClientName, Owner, server, clientId) { Tokens = grant.Tokens }, default);
        await script.Store.RemoveAsync(grant, default);

        Assert.That(tokens.TryGetCached(Owner, AccessTokenKey.Default, out string? header), Is.Null);
        Assert.That(header, Is.Null);
    }

    [TestCase("Issuer", "https://other.example.com", false)]
    [TestCase("ClientId", "another-client", false)]
    [TestCase("DefaultAccessTokenLifetime", "00:01:00", false)]
    [TestCase("ClientSecret", "rotated", true)]
    [Description(
        "Reloaded options apply to cached tokens: another server, client or lifetime makes them unusable, another secret does not"
    )]
    public async Task Reloaded_options_apply_to_cached_tokens(string option, string value, bool isCached)
    {
        ManualTimeProvider clock = new();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["Issuer"] = SampleConfiguration.Issuer,
                    ["ClientId"] = "client-id",
                    ["ClientSecret"] = "secret",
                }
            )
            .Build();
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(clock);
        services.AddOAuthClient("photos", configuration);
        await using var provider = services.BuildServiceProvider();
        var now = clock.GetUtcNow();
        await provider
            .GetRequiredService<IGrantStore>()
            .AddAsync(
                new Grant("id", "photos", Owner, SampleConfiguration.Issuer, "client-id")
                {
                    RefreshToken = new("rt"),
                    Tokens = Grant.With(new AccessToken("at", now - TimeSpan.FromMinutes(10), expiresAt: null, [], [])),
                },
                default
            );
        var tokens = provider.GetRequiredKeyedService<AccessTokenProvider>("photos");
        for (int i = 0; i < 2; i++)
            Assert.That(tokens.TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Not.Null);

        configuration[option] = value;
        configuration.Reload();

        Assert.That(tokens.TryGetCached(Owner, AccessTokenKey.Default, out string? header) is not null, Is.EqualTo(isCached));
        Assert.That(header is not null, Is.EqualTo(isCached));
    }

    [Test]
    [Description("The client's token that replaces a rejected one replaces it in the cache as well, for all callers")]
    public async Task A_newer_token_of_the_client_replaces_the_cached_one()
    {
        await using ScriptedServer server = new();
        var tokens = ProviderOf(server);
        server.Answers(ScriptedServer.Tokens("at-1"));
        var first = await tokens.GetAsync(GrantOwner.Client, AccessTokenKey.Default, rejection: null, default);
        for (int i = 0; i < 2; i++)
            Assert.That(tokens.TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out _), Is.SameAs(first));

        server.Answers(ScriptedServer.Tokens("at-2"));
        var second = await tokens.GetAsync(GrantOwner.Client, AccessTokenKey.Default, rejection: AccessTokenRejection.Of(first), default);

        Assert.That(tokens.TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out string? header), Is.SameAs(second));
        Assert.That(header, Is.EqualTo("Bearer at-2"));
    }

    [Test]
    [Description("The client's token with fewer scopes is never returned in place of the one with all scopes, nor the reverse")]
    public async Task A_narrower_token_of_the_client_is_another_token()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        server.Answers(request => ScriptedServer.Json(200, ScriptedServer.Tokens("at-for-" + request["scope"]!.Length)));
        var tokens = ProviderOf(server);
        AccessTokenKey narrower = new(["a"], []);
        foreach (var selection in new[] { narrower, AccessTokenKey.Default })
            await tokens.GetAsync(GrantOwner.Client, selection, rejection: null, default);

        for (int i = 0; i < 2; i++)
        {
            Assert.That(tokens.TryGetCached(GrantOwner.Client, narrower, out string? header)?.Reveal(), Is.EqualTo("at-for-1"));
            Assert.That(header, Is.EqualTo("Bearer at-for-1"));
            Assert.That(tokens.TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out header)?.Reveal(), Is.EqualTo("at-for-3"));
            Assert.That(header, Is.EqualTo("Bearer at-for-3"));
        }
    }

    [Test]
    [Description("The client's cached token is not returned after the client's identifier changed")]
    public async Task A_token_of_an_earlier_client_identifier_is_not_returned()
    {
        string clientId = "first";
        await using ScriptedServer server = new(o => o.ClientId = clientId);
        server.Answers(ScriptedServer.Tokens("at"));
        var tokens = ProviderOf(server);
        await tokens.GetAsync(GrantOwner.Client, AccessTokenKey.Default, rejection: null, default);
        Assert.That(tokens.TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out _), Is.Not.Null);

        clientId = "second";
        server.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        // A copy of the options is used for one second.
        server.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.That(tokens.TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out string? header), Is.Null);
        Assert.That(header, Is.Null);
    }

    private static AccessTokenProvider ProviderOf(ScriptedServer server) =>
        server.Services.GetRequiredKeyedService<AccessTokenProvider>("");

    private static AccessTokenProvider ProviderOf(OAuthTestHost host) =>
        host.Services.GetRequiredKeyedService<AccessTokenProvider>(OAuthTestHost.ClientName);
}
