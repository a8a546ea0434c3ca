using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that pending authorizations, which any visitor can begin, keep no memory. Not parallelizable because it measures the process.
/// </summary>
[TestFixture]
[NonParallelizable]
public class BegunAuthorizationsTests
{
    private const int Many = 1_000_000;

    [Test]
    [Description("A million pending authorizations keep no memory")]
    public async Task A_million_pending_authorizations_keep_no_memory()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient(o =>
        {
            o.AuthorizationEndpoint = new("https://server.example.com/authorize");
            o.TokenEndpoint = new("https://server.example.com/token");
            o.ClientId = "client-id";
            o.RedirectUri = new(SampleConfiguration.Callback);
            o.Scopes = ["a", "b"];
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        await Begin(client, 1000);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        await Begin(client, Many);
        long after = GC.GetTotalMemory(forceFullCollection: true);

        // One retained reference for each would take 8 MB.
        Assert.That(after - before, Is.LessThan(4_000_000));
    }

    private static Task Begin(IOAuthClient client, int count) =>
        Parallel.ForAsync(
            0,
            4,
            async (_, cancellationToken) =>
            {
                for (int i = 0; i < count / 4; i++)
                    await client.BeginAuthorizationAsync(cancellationToken: cancellationToken);
            }
        );
}
