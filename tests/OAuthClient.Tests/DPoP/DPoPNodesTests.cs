using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves that nodes which share a store use and refresh one grant with the key of the grant (RFC 9449 §5, §8).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPNodesTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("§5, §8: two nodes refresh in turn and at once; the server binds the refresh token to the key and requires new nonces")]
    public async Task Two_nodes_refresh_the_grant_of_a_public_client()
    {
        SharedStore store = new();
        await using var host = await DPoPHost.StartAsync(nonces: true, isPublic: true, registerFirst: store.AddTo);
        await using var node = DPoPHost.CreateNode(host, isPublic: true, registerFirst: store.AddTo);
        var grant = await host.SignInAsync();
        var one = host.Client;
        var two = node.GetRequiredKeyedService<IOAuthClient>(OAuthTestHost.ClientName);
        host.Server.ClearRequests();

        for (int i = 0; i < 20; i++)
        {
            host.Clock.Advance(TimeSpan.FromHours(1));
            host.Server.RotateDPoPNonce();
            var tokens = await Task.WhenAll(one.GetAccessTokenAsync(Owner).AsTask(), two.GetAccessTokenAsync(Owner).AsTask()).Promptly();

            Assert.That(tokens[0], Is.EqualTo(tokens[1]), "one refresh for both nodes");
            Assert.That(tokens[0].KeyThumbprint, Is.EqualTo(grant.AccessToken!.KeyThumbprint));
        }

        Assert.That(host.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(40), "each refresh once for the nonce and once with it");
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
        var http = node.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        Assert.That((await http.GetAsync("/me")).IsSuccessStatusCode);
    }

    // The nodes share what the store serializes, as in a database.
    private sealed class SharedStore
    {
        private IGrantStore? store;

        public void AddTo(IServiceCollection services) =>
            services.AddSingleton(provider =>
                store ??= SerializingStore.Around(new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>()))
            );
    }
}
