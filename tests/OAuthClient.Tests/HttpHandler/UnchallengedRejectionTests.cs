using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the replacement of tokens that an API rejects with a status 401 and no challenge (RFC 6750 §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UnchallengedRejectionTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("A 401 without a challenge causes one refresh and one replay")]
    public async Task A_token_is_replaced_once()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Status(401), times: 1);

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
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

    [Test]
    [Description("An hour of 401 without a challenge on three nodes costs at most five refreshes")]
    public async Task Replacements_are_limited_for_all_nodes()
    {
        ManualTimeProvider clock = new();
        await using var server = await TestAuthorizationServer.StartAsync(o =>
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
        var store = CountingStore.Around(new InMemoryGrantStore(clock), out _);
        var nodes = Enumerable.Range(0, 3).Select(_ => Node(server, clock, store)).ToList();
        var client = nodes[0].GetRequiredService<IOAuthClient>();
        var pending = await client.BeginAuthorizationAsync();
        var callback = await server.SignInAsync(pending.AuthorizationUri);
        await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), Owner);
        server.ClearRequests();

        for (int i = 0; i < 360; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            foreach (var node in nodes)
            {
                using var http = node.GetRequiredService<IHttpClientFactory>().CreateClient("api");
                using var response = await http.GetAsync("/me");
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            }
        }

        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.InRange(3, 5));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("The interval doubles while the new token is rejected too, and starts again after the API accepted the token")]
    public void The_interval_doubles_and_starts_again()
    {
        var now = DateTimeOffset.UnixEpoch;
        var first = UnchallengedRejection.After(previous: null, now);
        var second = UnchallengedRejection.After(first, now.AddMinutes(6));
        Assert.That(second.Count, Is.EqualTo(2));
        Assert.That(UnchallengedRejection.After(second, now.AddMinutes(6 + 20)).Count, Is.EqualTo(1));
        Assert.That(UnchallengedRejection.After(second, now.AddMinutes(6 + 19)).Count, Is.EqualTo(3));
    }

    private static ServiceProvider Node(TestAuthorizationServer server, TimeProvider clock, IGrantStore store)
    {
        ServiceCollection services = new();
        services.AddSingleton(clock);
        services.AddSingleton(store);
        services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = "photos";
            o.ClientSecret = "a-long-test-secret";
            o.RedirectUri = new(OAuthTestHost.Callback);
            o.Scopes = ["api"];
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        services
            .AddHttpClient("api", http => http.BaseAddress = new("https://api.example"))
            .ConfigurePrimaryHttpMessageHandler(() => new RejectingApi())
            .AddAccessTokenHandler(t => t.ForOwner(Owner).To("https://api.example"));
        return services.BuildServiceProvider();
    }

    private sealed class RejectingApi : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.Unauthorized));
    }
}
