using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests that nodes with the same Data Protection keys share a client's own tokens.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ShareClientTokensTests
{
    [Test]
    [Description("Nodes with the same Data Protection keys share one token; a node with other keys requests its own")]
    public async Task Nodes_with_the_same_keys_share_a_token([Values] bool haveSameKeys)
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(new TestClient { ClientId = "billing", ClientSecret = "a-long-test-secret" });
        Cache cache = new();
        EphemeralDataProtectionProvider keys = new();
        await using var one = Node(server, cache, keys);
        await using var two = Node(server, cache, haveSameKeys ? keys : new());

        var token = await TokenAsync(one);
        await cache.Filled.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(await TokenAsync(two), haveSameKeys ? Is.EqualTo(token) : Is.Not.EqualTo(token));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(haveSameKeys ? 1 : 2));
    }

    [Test]
    [Description("The Data Protection purpose does not change, so that nodes of two versions read each other's tokens")]
    public async Task The_purpose_does_not_change()
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(new TestClient { ClientId = "billing", ClientSecret = "a-long-test-secret" });
        Cache cache = new();
        EphemeralDataProtectionProvider keys = new();
        await using var node = Node(server, cache, keys);
        await TokenAsync(node);
        byte[] value = await cache.Filled.Task.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.That(() => keys.CreateProtector("OAuthClient.AspNetCore", "ClientTokens", "v1").Unprotect(value), Throws.Nothing);
    }

    private static async Task<AccessToken> TokenAsync(ServiceProvider node) =>
        await node.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client);

    private static ServiceProvider Node(TestAuthorizationServer server, Cache cache, IDataProtectionProvider keys)
    {
        ServiceCollection services = new();
        services.AddSingleton(keys);
        services.AddSingleton<IDistributedCache>(cache);
        services
            .AddOAuthClient(o =>
            {
                o.Issuer = server.Issuer;
                o.ClientId = "billing";
                o.ClientSecret = "a-long-test-secret";
                o.DangerouslyAllowHttpOnLoopback = true;
            })
            .ShareClientTokens();
        return services.BuildServiceProvider();
    }

    private sealed class Cache() : MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())), IDistributedCache
    {
        public TaskCompletionSource<byte[]> Filled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        async Task IDistributedCache.SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token)
        {
            await SetAsync(key, value, options, token);
            Filled.TrySetResult(value);
        }
    }
}
