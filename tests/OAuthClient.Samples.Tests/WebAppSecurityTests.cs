using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests in a real browser that the web sample rejects replay, login CSRF, session fixation and CSRF.</summary>
public sealed class WebAppSecurityTests : WebAppTestBase
{
    [Test]
    [Description("RFC 9700 §4.7: a second consent after going back, or the callback opened again, is rejected, with only 1 token request")]
    public async Task Back_and_replay_are_rejected()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        string callback = "";
        page.Request += (_, request) =>
            callback = request.Url.StartsWith(visit.Address + "/callback", StringComparison.Ordinal) ? request.Url : callback;
        await page.ConnectAsync();
        string used = callback;

        var response = await page.GotoAsync(used);
        Assert.That(response!.Status, Is.EqualTo(400));
        Assert.That(response.Headers["cache-control"], Is.EqualTo("no-store"));
        await page.SeesAsync(Rejected);
        await page.GoBackAsync();
        await page.SeesPhotosAsync();
        await page.GoBackAsync();
        await page.SeesAsync("Allow Passepartout?");
        await page.AllowAsync();
        await page.SeesAsync(Rejected);
        Assert.That(callback, Is.Not.EqualTo(used), "the server issued another code");
        Assert.That(visit.TokenRequests, Is.EqualTo(1));
        await page.GotoAsync(visit.Address + "/photos");
        await page.SeesPhotosAsync();
    }

    [Test]
    [Description(
        "Login CSRF (RFC 6749 §10.12): the attacker's own valid callback in the victim's browser is rejected, with 0 token requests"
    )]
    public async Task Attackers_callback_is_rejected()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var attacker = await visit.SignInAsync("Mallory");
        await attacker.BeginAsync();
        await attacker.SeesAsync("Sign in");
        var callback = await visit.Server.SignInAsync(new Uri(attacker.Url), new() { UserName = "bob" });

        var victim = await visit.SignInAsync("Vera");
        await victim.GotoAsync(callback.AbsoluteUri);
        await victim.SeesAsync(Rejected);
        Assert.That(visit.TokenRequests, Is.Zero);
        await victim.GotoAsync(visit.Address);
        await victim.SeesAsync("Welcome, Vera.");
    }

    [Test]
    [Description("Session fixation: a session id that an attacker planted is replaced at login, and does not belong to any user before it")]
    public async Task Planted_session_is_replaced_at_login()
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var attacker = await visit.SignInAsync("Mallory");
        var planted = (await attacker.Context.CookiesAsync()).Single(cookie => cookie.Name == "__Host-session");
        var victim = await (await visit.OpenBrowserAsync()).NewPageAsync();
        await victim.Context.AddCookiesAsync([
            new()
            {
                Name = planted.Name,
                Value = planted.Value,
                Url = "https://localhost",
                Secure = true,
                HttpOnly = true,
            },
        ]);
        await victim.SignInAsync(visit.Address, "Vera");
        await victim.ConnectAsync();

        var own = (await victim.Context.CookiesAsync()).Single(cookie => cookie.Name == "__Host-session");
        Assert.That(own.Value, Is.Not.EqualTo(planted.Value));
        Assert.That(own.Secure && own.HttpOnly && own.SameSite == SameSiteAttribute.Lax);
        await attacker.GotoAsync(visit.Address);
        await attacker.SeesAsync("Welcome, Mallory.");

        var guess = await (await visit.OpenBrowserAsync()).NewPageAsync();
        await guess.Context.AddCookiesAsync([
            new()
            {
                Name = planted.Name,
                Value = "chosen-by-the-attacker",
                Url = "https://localhost",
                Secure = true,
                HttpOnly = true,
            },
        ]);
        await guess.SignInAsync(visit.Address, "Vera");
        Assert.That(
            (await guess.Context.CookiesAsync()).Single(cookie => cookie.Name == "__Host-session").Value,
            Is.Not.EqualTo("chosen-by-the-attacker")
        );
    }

    [TestCase("/oauth/photos/connect"), TestCase("/oauth/photos/sign-out"), TestCase("/disconnect"), TestCase("/sign-in")]
    [TestCase("/sign-out")]
    [Description("RFC 6749 §10.12: every request that changes state is a POST with an antiforgery token")]
    public async Task Posts_need_an_antiforgery_token(string path)
    {
        await using var visit = await WebAppVisit.StartAsync(Chromium);
        var page = await visit.SignInAsync();
        var response = await page.APIRequest.PostAsync(visit.Address + path, new() { MaxRedirects = 0 });
        Assert.That(response.Status, Is.EqualTo(400));
        var get = await page.APIRequest.GetAsync(visit.Address + path, new() { MaxRedirects = 0 });
        Assert.That(get.Status, Is.EqualTo(path == "/sign-in" ? 200 : 405));
    }
}
