using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A token is at hand when it is good, and in no other case: whatever else there is to know, the longer way knows it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CachedTokenTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("Life of a token 2: the very token and header that the longer way gives")]
    public async Task A_good_token_is_at_hand()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        foreach (var owner in new[] { Owner, GrantOwner.Client })
        {
            var token = Source(host).TryGetCached(owner, AccessTokenKey.Default, out string? header);

            Assert.That(token, Is.SameAs(await host.Client.GetAccessTokenAsync(owner)));
            Assert.That(header, Is.EqualTo("Bearer " + token!.Reveal()));
        }
    }

    [Test]
    [Description("Cache hits: what the handler finds at hand is one, for an owner and for the client")]
    public async Task It_counts_as_found()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        using RecordedMeasurements measured = new(host.Services);

        Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _);
        Source(host).TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out _);
        Source(host).TryGetCached(GrantOwner.User("unknown"), AccessTokenKey.Default, out _);

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
    [Description("Life of a token 3: from 30 s before its end on, somebody has to see to the next one")]
    public async Task A_token_that_ends_soon_is_not(int secondsLater, bool isAtHand)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Not.Null);

        host.Clock.Advance(TimeSpan.FromSeconds(secondsLater));

        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out string? header) is not null, Is.EqualTo(isAtHand));
        Assert.That(header is not null, Is.EqualTo(isAtHand));
        Assert.That(Source(host).TryGetCached(GrantOwner.Client, AccessTokenKey.Default, out _) is not null, Is.EqualTo(isAtHand));
    }

    [Test]
    [Description("Threat: one user's token to another. Another owner, or the client, finds nothing")]
    public async Task Nobody_finds_anothers()
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
            Assert.That(Source(host).TryGetCached(other, AccessTokenKey.Default, out _), Is.Null);
    }

    [Test]
    [Description("Life of a token 1: fewer scopes, or one resource, are other tokens")]
    public async Task A_narrower_token_is_another()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();

        Assert.That(Source(host).TryGetCached(Owner, new(["api"], []), out _), Is.Null);
        Assert.That(Source(host).TryGetCached(Owner, new([], ["https://api.example.com"]), out _), Is.Null);
    }

    [Test]
    [Description("RFC 7009 §2: what was given back is not at hand any more")]
    public async Task A_revoked_token_is_not()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Not.Null);

        await host.Client.RevokeAsync(Owner);

        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Null);
    }

    [Test]
    [Description("Life of a token 2: what was at hand is not once there is a newer one, by refresh or by login")]
    public async Task A_newer_one_takes_its_place()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var first = (await host.SignedInAsync()).AccessToken;
        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(first));
        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(first));

        var second = await Source(host).GetAsync(Owner, AccessTokenKey.Default, rejected: first, default);
        Assert.That(
            Source(host).TryGetCached(Owner, AccessTokenKey.Default, out string? header),
            Is.EqualTo(second).And.Not.EqualTo(first)
        );
        Assert.That(header, Is.EqualTo("Bearer " + second.Reveal()));

        var third = (await host.SignedInAsync()).AccessToken;
        Assert.That(Source(host).TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(third).And.Not.EqualTo(second));
    }

    [TestCase("another-client", SampleConfiguration.Issuer)]
    [TestCase("client-id", "https://other.example.com")]
    [Description("Threat: token to another server. A grant of the client, or the server, that the registration had before is not used")]
    public async Task A_grant_of_another_client_or_server_is_not(string clientId, string server)
    {
        await using ScriptedServer script = new();
        var mine = await script.SignedInAsync(ScriptedServer.Tokens("at-1"));
        var source = script.Services.GetRequiredKeyedService<AccessTokenProvider>(mine.ClientName);
        Assert.That(source.TryGetCached(Owner, AccessTokenKey.Default, out _), Is.EqualTo(mine.AccessToken));

        await script.Store.AddAsync(new Grant("id", mine.ClientName, Owner, server, clientId) { Tokens = mine.Tokens }, default);

        Assert.That(source.TryGetCached(Owner, AccessTokenKey.Default, out string? header), Is.Null);
        Assert.That(header, Is.Null);
    }

    [TestCase("Issuer", "https://other.example.com", false)]
    [TestCase("ClientId", "another-client", false)]
    [TestCase("DefaultAccessTokenLifetime", "00:01:00", false)]
    [TestCase("ClientSecret", "rotated", true)]
    [Description(
        "Threat: token to another server. A configuration that was reloaded and names another server, client or lifetime holds for what lay at hand, too"
    )]
    public async Task After_the_configuration_moved(string option, string value, bool isAtHand)
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
        var source = provider.GetRequiredKeyedService<AccessTokenProvider>("photos");
        for (int i = 0; i < 2; i++)
            Assert.That(source.TryGetCached(Owner, AccessTokenKey.Default, out _), Is.Not.Null);

        configuration[option] = value;
        configuration.Reload();

        Assert.That(source.TryGetCached(Owner, AccessTokenKey.Default, out string? header) is not null, Is.EqualTo(isAtHand));
        Assert.That(header is not null, Is.EqualTo(isAtHand));
    }

    private static AccessTokenProvider Source(OAuthTestHost host) =>
        host.Services.GetRequiredKeyedService<AccessTokenProvider>(OAuthTestHost.ClientName);
}
