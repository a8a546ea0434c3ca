using Microsoft.Playwright;
using OAuthClient.Testing;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests the layout of the pages on small and large screens, with the light and the dark color scheme.</summary>
public sealed class WebAppLooksTests : WebAppTestBase
{
    [TestCase(320, ColorScheme.Light), TestCase(390, ColorScheme.Dark), TestCase(1280, ColorScheme.Light), TestCase(1280, ColorScheme.Dark)]
    [Description("No page scrolls horizontally; a screenshot of each is kept with the test results")]
    public async Task Every_page_fits(int width, ColorScheme scheme)
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await (
            await visit.OpenBrowserAsync(
                new()
                {
                    ViewportSize = new() { Width = width, Height = width < 500 ? 700 : 800 },
                    ColorScheme = scheme,
                }
            )
        ).NewPageAsync();
        string prefix = $"webapp-{width}-{scheme}".ToLowerInvariant();

        await page.GotoAsync(visit.Address);
        await page.FitsAsync(prefix, "1-start");
        await page.GotoAsync(visit.Address + "/sign-in");
        await page.FitsAsync(prefix, "2-sign-in");
        await page.SignInAsync(visit.Address, "Wolfeschlegelsteinhausenbergerdorff-Anna");
        await page.FitsAsync(prefix, "3-welcome");
        await page.BeginAsync();
        await page.FitsAsync(prefix, "4-login");
        await page.LogInAsync();
        await page.FitsAsync(prefix, "5-consent");
        await page.DenyAsync();
        await page.SeesAsync("No photos, then.");
        await page.FitsAsync(prefix, "6-denied");
        await page.BeginAsync();
        await page.AllowAsync();
        await page.SeesPhotosAsync();
        await page.FitsAsync(prefix, "7-photos");
        await page.GotoAsync(visit.Address);
        await page.FitsAsync(prefix, "8-connected");
        await page.GotoAsync(visit.Address + "/connection");
        await page.SeesAsync("Your connection");
        await page.FitsAsync(prefix, "8-connection");
        await page.GotoAsync(visit.Address + "/no-such-page");
        await page.FitsAsync(prefix, "8-not-found");
        await page.GotoAsync(visit.Address + "/callback?code=1&state=2");
        await page.FitsAsync(prefix, "9-expired");
        visit.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, """{"error":"invalid_grant"}"""));
        await page.GotoAsync(visit.Address);
        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.BeginAsync();
        await page.SeesAsync("Something went wrong");
        await page.FitsAsync(prefix, "10-error");
        await page.GotoAsync(visit.Address + "/oauth/photos/signed-out");
        await page.SeesAsync("You are signed out");
        await page.FitsAsync(prefix, "11-signed-out");
    }

    [TestCase(320, ColorScheme.Light), TestCase(390, ColorScheme.Dark), TestCase(1280, ColorScheme.Light), TestCase(1280, ColorScheme.Dark)]
    [Description("The page that posts a form once more fits its width; it is visible without script")]
    public async Task Form_repost_page_fits(int width, ColorScheme scheme)
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium, "--response-mode", "form_post");
        var page = await visit.SignInAsync(
            options: new()
            {
                ViewportSize = new() { Width = width, Height = width < 500 ? 700 : 800 },
                ColorScheme = scheme,
                JavaScriptEnabled = false,
            }
        );
        await page.BeginAsync();
        await page.LogInAsync();
        await page.AllowAsync();
        await page.ContinueAsync();
        await page.SeesAsync("One more step");
        await page.FitsAsync($"webapp-{width}-{scheme}".ToLowerInvariant(), "12-one-more-step");
    }
}
