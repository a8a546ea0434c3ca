namespace OAuthClient.Interop;

/// <summary>The providers that the tests share, each started once; a test that changes a provider's keys starts its own.</summary>
[SetUpFixture]
public sealed class SharedProviders
{
    private static readonly Lock Starting = new();
    private static readonly Dictionary<string, Task<Provider>> Started = new(StringComparer.Ordinal);

    internal static Task<Provider> RequireAsync(ServerKind kind) => RequireAsync(kind.ToString(), () => StartAsync(kind));

    /// <summary>Returns oidc-provider with the FAPI 2.0 profile.</summary>
    internal static Task<Provider> RequireFapi2Async() =>
        RequireAsync("FAPI 2.0", async () => await CertifiedProvider.StartAsync(new() { ["pushedRequests"] = true, ["fapi"] = "2.0" }));

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var provider in Started.Values)
        {
            if (await Task.WhenAny(provider) == provider && provider.IsCompletedSuccessfully)
                await (await provider).DisposeAsync();
        }
    }

    private static Task<Provider> RequireAsync(string name, Func<Task<Provider>> startAsync)
    {
        lock (Starting)
        {
            if (!Started.TryGetValue(name, out var provider))
                Started[name] = provider = Task.Run(startAsync);
            return provider;
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
