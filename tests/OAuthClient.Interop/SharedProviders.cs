namespace OAuthClient.Interop;

/// <summary>The providers that the tests share, each started once; a test that changes a provider's keys starts its own.</summary>
[SetUpFixture]
public sealed class SharedProviders
{
    private static readonly Lock Starting = new();
    private static readonly Dictionary<ServerKind, Task<Provider>> Started = [];

    internal static Task<Provider> RequireAsync(ServerKind kind)
    {
        lock (Starting)
        {
            if (!Started.TryGetValue(kind, out var provider))
                Started[kind] = provider = Task.Run(() => StartAsync(kind));
            return provider;
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var provider in Started.Values)
        {
            if (await Task.WhenAny(provider) == provider && provider.IsCompletedSuccessfully)
                await (await provider).DisposeAsync();
        }
    }

    private static async Task<Provider> StartAsync(ServerKind kind) =>
        kind switch
        {
            ServerKind.OpenIddict => await OpenIddictProvider.StartAsync(),
            ServerKind.Django => await DjangoProvider.StartAsync(),
            _ => await CertifiedProvider.StartAsync(),
        };
}
