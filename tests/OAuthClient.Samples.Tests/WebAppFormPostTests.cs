using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests the web sample with the response mode form_post in a real browser.</summary>
public sealed class WebAppFormPostTests : WebAppTestBase
{
    [TestCase(true), TestCase(false)]
    [Description(
        "Form Post Response Mode §2, from another site: the browser sends the sign-in cookie with the second post, from the "
            + "application's own page, with and without script; no address contains the code"
    )]
    public async Task Form_post_from_another_site_completes(bool hasScript)
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium, "--response-mode", "form_post");
        var page = await visit.SignInAsync(options: new() { JavaScriptEnabled = hasScript });
        List<string> errors = [];
        List<IRequest> callbacks = [];
        page.Console += (_, message) => errors.Add(message.Text);
        page.Request += (_, request) =>
        {
            if (request.Url.StartsWith(visit.Address + "/callback", StringComparison.Ordinal))
                callbacks.Add(request);
        };
        await page.BeginAsync();
        var pending = (await PendingCookiesAsync(page)).Single();
        Assert.That(pending.SameSite, Is.EqualTo(SameSiteAttribute.None));
        Assert.That(pending.Secure && pending.HttpOnly);
        await page.LogInAsync();
        await page.AllowAsync();
        if (!hasScript)
        {
            await page.ContinueAsync();
            await page.SeesAsync("One more step");
            await page.ContinueAsync();
        }
        await page.SeesPhotosAsync();

        (string, string) post = ("POST", visit.Address + "/callback");
        Assert.That(callbacks.Select(request => (request.Method, request.Url)), Is.EqualTo(new[] { post, post }));
        var (first, second) = (await callbacks[0].AllHeadersAsync(), await callbacks[1].AllHeadersAsync());
        Assert.That((first["sec-fetch-site"], second["sec-fetch-site"]), Is.EqualTo(("cross-site", "same-origin")));
        Assert.That(first["cookie"], Does.Contain(pending.Name).And.Not.Contain("__Host-session"));
        Assert.That(second["cookie"], Does.Contain(pending.Name).And.Contain("__Host-session"));
        Assert.That(await PendingCookiesAsync(page), Is.Empty);
        Assert.That(errors, Is.Empty);
        Assert.That(visit.TokenRequests, Is.EqualTo(1));

        await page.GotoAsync(visit.Address);
        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.BeginAsync();
        if (!hasScript)
        {
            await page.ContinueAsync();
            await page.ContinueAsync();
        }
        await page.SeesPhotosAsync();
    }

    [TestCase(true), TestCase(false)]
    [Description(
        "Threat: form_post completed by another user of the same browser, or after the user signed out: rejected, nothing "
            + "stored, 0 token requests"
    )]
    public async Task Form_post_is_not_completed_by_another_user(bool isAnotherSignedIn)
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium, "--response-mode", "form_post");
        var page = await visit.SignInAsync("Vera");
        await page.BeginAsync();
        await page.LogInAsync();
        await page.SeesAsync("Allow Passepartout?");
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(visit.Address);
        await other.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await other.SeesAsync("Your photos, framed.");
        if (isAnotherSignedIn)
            await other.SignInAsync(visit.Address, "Mallory");

        await page.AllowAsync();
        await page.SeesAsync(Rejected);
        Assert.That(visit.TokenRequests, Is.Zero);
        await page.GotoAsync(visit.Address);
        await page.SeesAsync(isAnotherSignedIn ? "Welcome, Mallory." : "Your photos, framed.");
    }

    [Test]
    [Description("Form Post Response Mode: a denial from another site shows the same explanation, and the visitor is still signed in")]
    public async Task Form_post_denial_shows_an_explanation()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium, "--response-mode", "form_post");
        var page = await visit.SignInAsync();
        await page.BeginAsync();
        await page.LogInAsync();
        await page.DenyAsync();
        await page.SeesAsync("No photos, then.");
        await Assertions.Expect(page.Locator(".who")).ToHaveTextAsync("Ann");
    }
}
