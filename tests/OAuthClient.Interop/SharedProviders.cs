namespace OAuthClient.Interop;

/// <summary>The provider that the tests share; a test that changes its keys starts its own.</summary>
[SetUpFixture]
public sealed class SharedProvider
{
    private static readonly Lock Starting = new();
    private static Task<CertifiedProvider>? started;

    internal static Task<CertifiedProvider> RequireAsync()
    {
        lock (Starting)
            return started ??= CertifiedProvider.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (started is not null && await Task.WhenAny(started) == started && started.IsCompletedSuccessfully)
            await (await started).DisposeAsync();
    }
}
