using System.Net;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the replacement of tokens that an API rejects with a status 401 that states no reason (RFC 6750 §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LimitedReplacementTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("A 401 without a challenge to an expired or revoked token causes one refresh and one replay")]
    public async Task A_token_is_replaced_once()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        host.Api.Options.Challenge = "";
        host.Server.ExpireAccessTokens();

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
    }

    [TestCase("Basic realm=\"photos\"")]
    [TestCase("Negotiate")]
    [TestCase("DPoP error=\"invalid_token\"")]
    [Description("RFC 9110 §11.6.1: a challenge of another scheme asks for something other than a token. The response is returned")]
    public async Task A_challenge_of_another_scheme_replaces_no_token(string challenge)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        host.Api.Options.Challenge = challenge;
        host.Server.ExpireAccessTokens();

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A token that cannot be refreshed: the response is returned, because it does not say that an authorization helps")]
    public async Task A_token_without_a_refresh_token_is_kept()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner, server: o => o.IssueRefreshTokens = false);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Status(401), times: 1);

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    [Description("The client's own token is replaced within the same limits")]
    public async Task The_clients_token_is_replaced_once()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) => http.AddAccessTokenHandler(OAuthTestHost.ClientName, t => t.ForClient().To(api.BaseAddress))
        );
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        host.Server.ClearRequests();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Status(401));
        for (int minute = 0; minute < 60; minute++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            using var response = await host.Http.GetAsync("/me");
        }

        // The token also expires once, and is replaced early.
        Assert.That(host.TokenRequests, Is.InRange(4, 6));
    }

    [TestCase(10, null, false)]
    [TestCase(60, "Bearer realm=\"x\"", false)]
    [TestCase(300, null, false)]
    [TestCase(600, null, false)]
    [TestCase(700, "Bearer", false)]
    [TestCase(1200, null, false)]
    [TestCase(20, null, true)]
    [Description("An hour of 401 without a reason on three nodes costs at most five refreshes, for one selection of scopes and for two")]
    public async Task Replacements_are_limited_for_all_nodes(int seconds, string? challenge, bool hasTwoSelections)
    {
        ManualTimeProvider clock = new();
        await using var server = await StartAsync(clock);
        var store = SerializingStore.Around(new InMemoryGrantStore(clock));
        var nodes = Enumerable.Range(0, 3).Select(_ => Node(server, clock, new ScriptedApi(challenge), store)).ToList();
        await SignInAsync(server, nodes[0]);

        for (int passed = 0; passed <= 3600; passed += seconds)
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            foreach (var node in nodes)
            {
                using var response = await GetAsync(node, "api");
                using var other = hasTwoSelections ? await GetAsync(node, "narrow") : null;
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            }
        }

        // The second selection needs one token of its own.
        int refreshes = server.RequestsTo(TestEndpoint.Token).Count - (hasTwoSelections ? 1 : 0);
        Assert.That(refreshes, Is.InRange(3, 5));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("An hour of 401 without a challenge on three nodes that share the client's token costs at most five token requests")]
    public async Task The_clients_token_is_limited_for_all_nodes()
    {
        ManualTimeProvider clock = new();
        FakeDistributedCache cache = new();
        await using var server = await StartAsync(clock);
        var nodes = Enumerable
            .Range(0, 3)
            .Select(_ => Node(server, clock, new ScriptedApi(), SerializingStore.Around(new InMemoryGrantStore(clock)), cache))
            .ToList();
        for (int minute = 0; minute <= 60; minute++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            foreach (var node in nodes)
            {
                using var response = await GetAsync(node, "client");
                await Eventually.UntilAsync(() => cache.Options.Count == server.RequestsTo(TestEndpoint.Token).Count);
            }
        }

        // The first is not a replacement.
        Assert.That(server.RequestsTo(TestEndpoint.Token).Count - 1, Is.InRange(3, 5));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("While the API accepts each new token, a token is replaced every five minutes: the interval does not double")]
    public async Task The_interval_does_not_double_while_new_tokens_are_accepted()
    {
        ManualTimeProvider clock = new();
        ScriptedApi api = new();
        await using var server = await StartAsync(clock);
        await using var node = Node(server, clock, api, new InMemoryGrantStore(clock));
        await SignInAsync(server, node);
        using var first = await GetAsync(node, "api");

        for (int i = 1; i <= 10; i++)
        {
            api.RejectSeenTokens();
            clock.Advance(TimeSpan.FromMinutes(5));
            using var response = await GetAsync(node, "api");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(i));
        }
    }

    [Test]
    [Description("A 401 of another endpoint of the API, which rejects every token, does not stop the use of an accepted token")]
    public async Task A_token_that_is_kept_is_used_further()
    {
        ManualTimeProvider clock = new();
        ScriptedApi api = new() { RejectedPath = "/admin" };
        await using var server = await StartAsync(clock);
        await using var node = Node(server, clock, api, new InMemoryGrantStore(clock));
        await SignInAsync(server, node);
        clock.Advance(TimeSpan.FromMinutes(2));

        for (int i = 0; i < 60; i++)
        {
            using var rejected = await GetAsync(node, "api", "/admin");
            using var accepted = await GetAsync(node, "api", "/me");
            Assert.That((rejected.StatusCode, accepted.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.InRange(3, 5));
    }

    private static async Task<TestAuthorizationServer> StartAsync(TimeProvider clock)
    {
        var server = await TestAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.AccessTokenLifetime = TimeSpan.FromHours(12);
        });
        server.AddClient(
            new()
            {
                ClientId = "photos",
                ClientSecret = "a-long-test-secret",
                RedirectUris = { OAuthTestHost.Callback },
            }
        );
        return server;
    }

    private static async Task SignInAsync(TestAuthorizationServer server, IServiceProvider node)
    {
        var client = node.GetRequiredService<IOAuthClient>();
        var pending = await client.BeginAuthorizationAsync();
        var callback = await server.SignInAsync(pending.AuthorizationUri);
        await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), Owner);
        server.ClearRequests();
    }

    private static async Task<HttpResponseMessage> GetAsync(IServiceProvider node, string client, string path = "/me")
    {
        using var http = node.GetRequiredService<IHttpClientFactory>().CreateClient(client);
        return await http.GetAsync(path);
    }

    private static ServiceProvider Node(
        TestAuthorizationServer server,
        TimeProvider clock,
        ScriptedApi api,
        IGrantStore store,
        FakeDistributedCache? cache = null
    )
    {
        ServiceCollection services = new();
        services.AddSingleton(clock);
        services.AddSingleton(store);
        var client = services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = "photos";
            o.ClientSecret = "a-long-test-secret";
            o.RedirectUri = new(OAuthTestHost.Callback);
            o.Scopes = ["api", "photos.read"];
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        if (cache is not null)
        {
            services.AddSingleton<IDistributedCache>(cache);
            client.ShareClientTokens((_, data) => data, (_, data) => data);
        }
        Add("api", t => t.ForOwner(Owner));
        Add("narrow", t => t.ForOwner(Owner).WithScopes("api"));
        Add("client", t => t.ForClient());
        return services.BuildServiceProvider();

        void Add(string name, Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> owner) =>
            services
                .AddHttpClient(name, http => http.BaseAddress = new("https://api.example"))
                .ConfigurePrimaryHttpMessageHandler(() => api)
                .AddAccessTokenHandler(t => owner(t).To("https://api.example"));
    }

    /// <summary>An API that rejects tokens with a status 401: every token, those that it received before, or all for one path.</summary>
    private sealed class ScriptedApi(string? challenge = null) : HttpMessageHandler
    {
        private readonly HashSet<string> seen = [];
        private readonly HashSet<string> rejected = [];
        private bool isSelective;

        public string? RejectedPath { get; init; }

        public void RejectSeenTokens()
        {
            isSelective = true;
            rejected.UnionWith(seen);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string token = request.Headers.Authorization!.Parameter!;
            seen.Add(token);
            bool isRejected = RejectedPath is not null
                ? request.RequestUri!.AbsolutePath == RejectedPath
                : !isSelective || rejected.Contains(token);
            HttpResponseMessage response = new(isRejected ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
            if (challenge is not null)
                response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
            return Task.FromResult(response);
        }
    }
}
