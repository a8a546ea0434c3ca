using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that an operation uses the configuration it started with for all its requests (RFC 9700 §4.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ReloadDuringOperationTests
{
    private const string First = "http://127.0.0.1:1";
    private const string Second = "https://as.example";

    [Test]
    [Description("Options that are reloaded between the metadata request and the token request take effect at the next operation")]
    public async Task A_reload_does_not_change_an_operation_in_progress()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["Issuer"] = First,
                    ["ClientId"] = "client",
                    ["ClientSecret"] = "the-client-secret",
                    ["DangerouslyAllowHttpOnLoopback"] = "true",
                }
            )
            .Build();
        var handler = new MetadataHandler(() =>
        {
            configuration["Issuer"] = Second;
            configuration["DangerouslyAllowHttpOnLoopback"] = "false";
            configuration.Reload();
        });
        ServiceCollection services = new();
        services.AddOAuthClient(configuration).BackChannel.ConfigurePrimaryHttpMessageHandler(() => handler);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();

        await client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
        await client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();

        string metadata = "/.well-known/oauth-authorization-server";
        Assert.That(handler.Addresses, Is.EqualTo([First + metadata, First + "/token", Second + metadata, Second + "/token"]));
    }

    [Test]
    [Description("Options that are reloaded while a revocation reads the store take effect at the next operation (RFC 7009 §2.1)")]
    public async Task A_reload_does_not_change_a_revocation_in_progress()
    {
        CountingStore reads = null!;
        await using ScriptedServer server = new(registerFirst: services =>
        {
            services.AddSingleton(provider =>
                CountingStore.Around(ActivatorUtilities.CreateInstance<InMemoryGrantStore>(provider), out reads)
            );
        });
        await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        var cache = server.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>();
        reads.OnRead = () =>
        {
            cache.Clear();
            cache.TryAdd(
                Options.DefaultName,
                new()
                {
                    TokenEndpoint = new(Second + "/other/token"),
                    RevocationEndpoint = new(Second + "/other/revoke"),
                    ClientId = "other",
                }
            );
        };

        await server.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(
            server.Requests.Select(sent => (sent.Uri.AbsolutePath, sent["token"])),
            Is.EqualTo([("/revoke", "rt"), ("/revoke", "at")])
        );
    }

    [Test]
    [Description("RFC 9700 §4.9: a token of one server is not sent to the UserInfo endpoint of another after a reload of the options")]
    public async Task A_reload_does_not_send_a_token_to_another_server()
    {
        CountingStore reads = null!;
        await using ScriptedServer server = new(registerFirst: services =>
        {
            services.AddSingleton(provider =>
                CountingStore.Around(ActivatorUtilities.CreateInstance<InMemoryGrantStore>(provider), out reads)
            );
        });
        await server.SignedInAsync(ScriptedServer.Tokens("at-first", "rt"));
        OAuthClientOptions other = new()
        {
            TokenEndpoint = new(Second + "/other/token"),
            UserInfoEndpoint = new(Second + "/other/userinfo"),
            ClientId = "other",
        };
        await server.Store.AddAsync(
            new Grant("second", "", GrantOwner.User("42"), other.TokenEndpoint.AbsoluteUri, other.ClientId)
            {
                Tokens = Grant.With(new AccessToken("at-second", server.Clock.GetUtcNow().AddHours(2), null, [], [])),
            },
            default
        );
        server.Clock.Advance(TimeSpan.FromHours(2));
        server.Answers("""{"sub":"alice"}""");
        var cache = server.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>();
        reads.OnRead = () =>
        {
            cache.Clear();
            cache.TryAdd(Options.DefaultName, other);
        };

        await server.Client.GetUserInfoAsync(GrantOwner.User("42"));

        Assert.That(
            server.Requests.Select(sent => (sent.Uri.AbsolutePath, sent.Authorization)),
            Is.EqualTo([("/other/userinfo", "Bearer at-second")])
        );
    }

    private sealed class MetadataHandler(Action afterMetadata) : HttpMessageHandler
    {
        public List<string> Addresses { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Addresses.Add(request.RequestUri!.OriginalString);
            if (request.Method == HttpMethod.Post)
                return Task.FromResult(ScriptedServer.Json(200, ScriptedServer.Tokens("at")));
            afterMetadata();
            string issuer = request.RequestUri.GetLeftPart(UriPartial.Authority);
            return Task.FromResult(ScriptedServer.Json(200, $$"""{"issuer":"{{issuer}}","token_endpoint":"{{issuer}}/token"}"""));
        }
    }
}
