namespace OAuthClient.AspNetCore.Tests;

/// <summary>Starts an application before each test and stops it afterwards.</summary>
public abstract class AppTestBase
{
    private protected App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await StartAppAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    private protected abstract Task<App> StartAppAsync();
}
