using Microsoft.Playwright;
using OAuthClient.Testing;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests the web sample in a real browser.</summary>
public sealed class WebAppTests : WebAppTestBase
{
    [Test]
    [Description(
        "RFC 6749 §4.1 without configuration: the built-in server; nothing is loaded from another site and the browser reports "
            + "no error"
    )]
    public async Task Connects_to_the_built_in_server()
    {
        using var sample = SampleProcess.Start("WebApp", "--urls", "http://127.0.0.1:0");
        string address = await sample.AddressAsync();
        await using var context = await Chromium.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        List<string> errors = [],
            hosts = [];
        page.Console += (_, message) => errors.Add(message.Text);
        page.PageError += (_, error) => errors.Add(error);
        page.Request += (_, request) => hosts.Add(new Uri(request.Url).Host);

        await page.SignInAsync(address, "Ann");
        await page.ConnectAsync();
        Assert.That(page.Url, Is.EqualTo(address + "/photos"));
        await page.GotoAsync(address);
        await page.SeesAsync("Your photos are connected.");
        await Assertions.Expect(page.GetByText("photos.read")).ToBeVisibleAsync();
        Assert.That(errors, Is.Empty);
        Assert.That(hosts.Distinct().Except(["localhost", "127.0.0.1", ""]), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: the user denies consent, sees an explanation, and can connect later")]
    public async Task Denied_consent_shows_an_explanation()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        await page.BeginAsync();
        await page.LogInAsync();
        await page.DenyAsync();
        await page.SeesAsync("No photos, then.");
        Assert.That(visit.TokenRequests, Is.Zero);
        await page.ReloadAsync();
        await page.SeesAsync("No photos, then.");

        await page.BeginAsync();
        await page.AllowAsync();
        await page.SeesPhotosAsync();
    }

    [Test]
    [Description("RFC 6749 §3.3: consent without the scope for photos: the API responds with 403, and the page shows the cause")]
    public async Task Partly_denied_consent_shows_an_explanation()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        await page.BeginAsync();
        await page.LogInAsync();
        await page.GetByLabel("See your photos").UncheckAsync();
        await page.AllowAsync();
        await page.SeesAsync("No photos, then.");
        await page.BeginAsync();
        await page.AllowAsync();
        await page.SeesPhotosAsync();
    }

    [Test]
    [Description("Two tabs with concurrent authorizations both complete, and forms that were loaded before still work")]
    public async Task Two_tabs_both_complete()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var first = await visit.SignInAsync();
        var second = await first.Context.NewPageAsync();
        var third = await first.Context.NewPageAsync();
        await second.GotoAsync(visit.Address);
        await third.GotoAsync(visit.Address);
        await first.BeginAsync();
        await second.BeginAsync();
        await second.LogInAsync();
        await first.LogInAsync();
        await first.AllowAsync();
        await first.SeesPhotosAsync();
        await second.AllowAsync();
        await second.SeesPhotosAsync();
        Assert.That(visit.TokenRequests, Is.EqualTo(2));

        await third.BeginAsync();
        await third.SeesPhotosAsync();
        Assert.That(await PendingCookiesAsync(first), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §5.2 invalid_grant: the user revoked access at the server; the page redirects to a new authorization, and back")]
    public async Task A_lost_grant_redirects_to_a_new_authorization()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        await page.ConnectAsync();
        visit.Server.RevokeEverything();
        await page.GotoAsync(visit.Address + "/photos?sort=title");
        await page.SeesAsync("Allow Passepartout?");
        await page.AllowAsync();
        await page.SeesPhotosAsync();
        Assert.That(page.Url, Is.EqualTo(visit.Address + "/photos?sort=title"));
    }

    [Test]
    [Description("RFC 6749 §1.5: an expired access token is refreshed during the request, without an action of the visitor")]
    public async Task An_expired_access_token_is_refreshed()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        await page.ConnectAsync();
        visit.Server.ExpireAccessTokens();
        await page.ReloadAsync();
        await page.SeesPhotosAsync();
        Assert.That(visit.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 7009: Disconnect revokes at the server, and the page redirects to a new authorization")]
    public async Task Disconnect_revokes()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        await page.ConnectAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.SeesAsync("Welcome, Ann.");
        Assert.That(visit.Server.RequestsTo(TestEndpoint.Revocation), Is.Not.Empty);
        visit.Api.ClearRequests();
        await page.GotoAsync(visit.Address + "/photos");
        await page.SeesPhotosAsync();
        Assert.That(visit.TokenRequests, Is.EqualTo(2), "a new grant");
    }

    [
        TestCase(0, "--help"),
        TestCase(2, "--issuer", "https://accounts.example.com"),
        TestCase(2, "--issuer", "https://accounts.example.com", "--client-id", "mine")
    ]
    [Description("The output names the missing arguments, and nothing is started")]
    public async Task Wrong_arguments_print_the_usage(int exitCode, params string[] arguments)
    {
        using var sample = SampleProcess.Start("WebApp", arguments);
        string output = await sample.ReadToEndAsync();
        Assert.That(output, Does.Contain("--issuer").And.Contain("--client-id").And.Contain("--api"));
        Assert.That(await sample.ExitCodeAsync(), Is.EqualTo(exitCode));
    }
}
