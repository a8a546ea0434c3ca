using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Anyone can make an application begin logins; it must cost no memory that stays. Alone, because it measures the process.</summary>
[TestFixture]
[NonParallelizable]
public class BegunAuthorizationsTests
{
    private const int Many = 1_000_000;

    [Test]
    [Description("State flooding: a million begun authorizations leave nothing behind")]
    public async Task A_million_begun_authorizations_keep_memory_flat()
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

        // One kept reference each would be 8 MB.
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
