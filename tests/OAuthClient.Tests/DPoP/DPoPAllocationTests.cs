using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests.DPoP;

/// <summary>Tests the memory that a request with a cached token allocates, in the handlers and not in the network.</summary>
[TestFixture]
// Other tests allocate on other threads, but may cause compilation on this one.
[NonParallelizable]
public class DPoPAllocationTests
{
    private const int Requests = 1000;
    private static readonly Uri Address = new("https://api.example.com/photos");

    [Test]
    [Description("A request with a bearer token allocates as much as the same request without the handler and with the header")]
    public async Task A_bearer_token_allocates_its_header_only()
    {
        await using var host = await OAuthTestHost.StartAsync(registerFirst: AddApi);
        long bare = await BytesOfRequestAsync(host, "bare", Attach);
        // Once any test of the process has called SetGrantId, the options of each request are read, which creates them.
        long withOptions = await BytesOfRequestAsync(
            host,
            "bare",
            request =>
            {
                Attach(request);
                GC.KeepAlive(request.Options);
            }
        );

        Assert.That(await BytesOfRequestAsync(host, "memory"), Is.EqualTo(bare).Or.EqualTo(withOptions));

        static void Attach(HttpRequestMessage request) => request.Headers.TryAddWithoutValidation("Authorization", "Bearer x");
    }

    [Test]
    [Description("A request with a token that is bound to a key allocates less than 5 KB for its proof")]
    public async Task A_proof_allocates_a_bounded_amount()
    {
        await using var host = await DPoPHost.StartAsync(registerFirst: AddApi);
        long bare = await BytesOfRequestAsync(host, "bare", request => request.Headers.TryAddWithoutValidation("Authorization", "DPoP x"));

        long bound = await BytesOfRequestAsync(host, "memory");
        Assert.That(bound - bare, Is.InRange(1, 5 * 1024));
    }

    [Test]
    [Description("A client without DPoP creates neither keys nor caches for it")]
    public void A_client_with_bearer_tokens_allocates_less_than_256_bytes_for_DPoP()
    {
        Func<ClientConfiguration> configuration = () => throw new InvalidOperationException();
        long bytes = 0;
        for (int i = 0; i < 2; i++)
        {
            // The first time compiles the code.
            long before = GC.GetAllocatedBytesForCurrentThread();
            GC.KeepAlive(new DPoPProofs(new(configuration, TimeProvider.System), TimeProvider.System));
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.That(bytes, Is.LessThan(256));
    }

    private static void AddApi(IServiceCollection services)
    {
        Add("bare");
        Add("memory").AddAccessTokenHandler(OAuthTestHost.ClientName, t => t.ForClient().To("https://api.example.com"));

        IHttpClientBuilder Add(string name) =>
            services.AddHttpClient(name).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(() => new Api());
    }

    // All awaited tasks are complete, so that the method stays on one thread.
    private static async Task<long> BytesOfRequestAsync(OAuthTestHost host, string client, Action<HttpRequestMessage>? prepare = null)
    {
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        using HttpMessageInvoker pipeline = new(host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(client));
        long before = 0;
        for (int i = 0; i < 2 * Requests; i++)
        {
            // The first half of the requests compiles the code.
            if (i == Requests)
                before = GC.GetAllocatedBytesForCurrentThread();
            HttpRequestMessage request = new(HttpMethod.Get, Address);
            prepare?.Invoke(request);
            await pipeline.SendAsync(request, CancellationToken.None);
        }
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Requests;
    }

    private sealed class Api : HttpMessageHandler
    {
        private readonly Task<HttpResponseMessage> response = Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => response;
    }
}
