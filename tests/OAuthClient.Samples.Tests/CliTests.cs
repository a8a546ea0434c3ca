using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests the command-line sample in its own process, with a real browser.</summary>
public sealed class CliTests : WebAppTestBase
{
    [TestCase(320, ColorScheme.Light), TestCase(390, ColorScheme.Dark), TestCase(1280, ColorScheme.Light), TestCase(1280, ColorScheme.Dark)]
    [Description("RFC 8252: the whole sign-in in a browser; the last page fits, and the program calls the API and signs out")]
    public async Task The_user_signs_in_in_a_browser(int width, ColorScheme scheme)
    {
        using var sample = SampleProcess.Start("Cli");
        await using var browser = await Chromium.Browser.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = width < 500 ? 700 : 800 },
                ColorScheme = scheme,
            }
        );
        var page = await browser.NewPageAsync();

        await page.GotoAsync(await AddressAsync(sample));
        await page.LogInAsync();
        await page.AllowAsync();
        await page.SeesAsync("You are signed in");

        await page.FitsAsync($"cli-{width}-{scheme}".ToLowerInvariant(), "signed-in");
        string output = await sample.ReadToEndAsync();
        Assert.That(await sample.ExitCodeAsync(), Is.Zero, output);
        Assert.That(output, Does.Contain("You are signed in as alice").And.Contain("You are signed out."));
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: a refusal is shown, and ends the program with one sentence")]
    public async Task A_refusal_ends_the_program()
    {
        using var sample = SampleProcess.Start("Cli");
        await using var browser = await Chromium.Browser.NewContextAsync();
        var page = await browser.NewPageAsync();

        await page.GotoAsync(await AddressAsync(sample));
        await page.LogInAsync();
        await page.DenyAsync();
        await page.SeesAsync("Access was not granted");

        await page.FitsAsync("cli", "denied");
        Assert.That(await sample.ReadToEndAsync(), Does.Contain("access_denied"));
        Assert.That(await sample.ExitCodeAsync(), Is.EqualTo(1));
    }

    private static Task<string> AddressAsync(SampleProcess sample) =>
        sample.WaitForAsync(new("^http://127.0.0.1:[0-9]+/authorize", RegexOptions.NonBacktracking));
}
