using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Starts one Chromium for all tests of a class.</summary>
public abstract class WebAppTestBase
{
    internal const string Rejected = "This page has expired";

    internal Chromium Chromium { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => Chromium = await Chromium.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Chromium is not null)
            await Chromium.DisposeAsync();
    }

    internal static async Task<BrowserContextCookiesResult[]> PendingCookiesAsync(IPage page) =>
        [.. (await page.Context.CookiesAsync()).Where(cookie => cookie.Name.StartsWith("__Host-oauth-", StringComparison.Ordinal))];
}
