using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that requests with the same token do not change the reason of each other's rejection.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ConcurrentRejectionTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("RFC 6750 §3.1: invalid_token replaces the token, also if a 401 without a reason to the same token is limited meanwhile")]
    public async Task A_rejection_without_a_reason_does_not_limit_one_with_a_reason()
    {
        CountingStore reads = null!;
        Api api = new();
        await using var host = await StartAsync(api, store => reads = store);
        await LimitAsync(host);
        Task<HttpResponseMessage> bare = null!;
        int reading = 0;
        reads.OnRead = () =>
        {
            // The second read finds the replacement.
            if (++reading != 2)
                return;
            api.Accepts = true;
            bare = host.Http.GetAsync("/bare");
            Assert.That(bare.IsCompletedSuccessfully);
        };

        using var explained = await host.Http.GetAsync("/explained");
        using var limited = await bare;

        Assert.That(explained.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(limited.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("A token that the application reports as rejected is replaced, also if a 401 without a reason to it was limited before")]
    public async Task A_reported_token_is_replaced()
    {
        await using var host = await StartAsync(new(), _ => { });
        await LimitAsync(host);
        using var limited = await host.Http.GetAsync("/bare");
        var kept = await host.Client.GetAccessTokenAsync(Owner);

        var replaced = await host.Client.GetAccessTokenAsync(Owner, new() { RejectedToken = kept });

        Assert.That(replaced, Is.Not.EqualTo(kept));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    /// <summary>Signs in and replaces the token once, so that a 401 without a reason replaces no further one.</summary>
    private static async Task LimitAsync(OAuthTestHost host)
    {
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        using var replaced = await host.Http.GetAsync("/bare");
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        host.Clock.Advance(TimeSpan.FromMinutes(2));
    }

    private static Task<OAuthTestHost> StartAsync(Api api, Action<CountingStore> useStore) =>
        OAuthTestHost.StartAsync(
            registerFirst: services =>
                services.AddSingleton(provider =>
                {
                    var store = CountingStore.Around(new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>()), out var reads);
                    useStore(reads);
                    return store;
                }),
            api: (http, server) =>
            {
                http.ConfigurePrimaryHttpMessageHandler(() => api);
                OAuthTestHost.ForOwner(http, server);
            }
        );

    /// <summary>An API that rejects the tokens that it received before, with a reason or without one.</summary>
    private sealed class Api : HttpMessageHandler
    {
        private readonly HashSet<string> seen = [];

        /// <summary>Gets or sets a value indicating whether tokens that were not sent before are accepted.</summary>
        public bool Accepts { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            bool isAccepted = seen.Add(request.Headers.Authorization!.Parameter!) && Accepts;
            HttpResponseMessage response = new(isAccepted ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
            if (request.RequestUri!.AbsolutePath == "/explained")
                response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer error=\"invalid_token\"");
            return Task.FromResult(response);
        }
    }
}
