using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests the page of the web sample that shows the grant, and the page for unknown addresses.</summary>
public sealed class WebAppConnectionTests : WebAppTestBase
{
    [Test]
    [Description("The page shows scopes, expiry and last refresh of the grant; after a disconnect it leads to the start")]
    public async Task The_page_shows_the_grant()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        await page.ConnectAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Passepartout" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Show the connection" }).ClickAsync();
        await page.SeesAsync("Your connection");
        await Assertions.Expect(page.GetByText("openid, photos.read, offline_access")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("none yet")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText(", and is refreshed before")).ToBeVisibleAsync();

        visit.Server.ExpireAccessTokens();
        await page.GotoAsync(visit.Address + "/photos");
        await page.SeesPhotosAsync();
        await page.GotoAsync(visit.Address + "/connection");
        await Assertions.Expect(page.GetByText("none yet")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.GotoAsync(visit.Address + "/connection");
        Assert.That(page.Url, Is.EqualTo(visit.Address + "/"));
    }

    [Test]
    [Description("An unknown address has a page with the status 404")]
    public async Task An_unknown_address_has_a_page()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await (await visit.OpenBrowserAsync()).NewPageAsync();
        var response = await page.GotoAsync(visit.Address + "/no-such-page");
        Assert.That(response!.Status, Is.EqualTo(404));
        await page.SeesAsync("There is no such page.");
    }
}
