using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Runs the installed Chromium without a window.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private static int isReported;

    private readonly IPlaywright playwright;

    private Chromium(IPlaywright playwright, IBrowser browser)
    {
        this.playwright = playwright;
        Browser = browser;
    }

    public IBrowser Browser { get; }

    /// <summary>Skips the test, or fails it on a build server, if Chromium is missing; the message says what to do.</summary>
    public static async Task<Chromium> StartAsync()
    {
        if (Find() is not { } executable)
        {
            const string missing =
                "NO CHROMIUM: the browser tests did not run. "
                + "Install it (apt-get install chromium, or any Chrome on the PATH) and run them again.";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(missing);
            if (Interlocked.Exchange(ref isReported, 1) == 0)
                await TestContext.Error.WriteLineAsync(missing);
            Assert.Ignore(missing);
            throw new InvalidOperationException("Assert.Fail and Assert.Ignore do not return.");
        }
        var started = await Playwright.CreateAsync();
        return new(
            started,
            await started.Chromium.LaunchAsync(new() { ExecutablePath = executable, Args = ["--no-sandbox", "--disable-dev-shm-usage"] })
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        playwright.Dispose();
    }

    private static string? Find() =>
        (
            from name in Names
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            let path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)
            where folder.Length > 0 && File.Exists(path)
            select path
        ).FirstOrDefault();
}
