using Microsoft.Playwright;
using OAuthClient.Testing;

namespace OAuthClient.Samples.Tests;

/// <summary>The web sample in a real browser.</summary>
public sealed class WebAppTests
{
    private const string Refused = "This page has expired";

    private Chromium chromium = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => chromium = await Chromium.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (chromium is not null)
            await chromium.DisposeAsync();
    }

    [Test]
    [Description(
        "RFC 6749 §4.1 with nothing set up: the built-in server; nothing is loaded from elsewhere and nothing is complained about"
    )]
    public async Task Connects_to_the_built_in_server()
    {
        using var sample = SampleProcess.Start("WebApp", "--urls", "http://127.0.0.1:0");
        string address = await sample.AddressAsync();
        await using var context = await chromium.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        List<string> complaints = [],
            elsewhere = [];
        page.Console += (_, message) => complaints.Add(message.Text);
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) => elsewhere.Add(new Uri(request.Url).Host);

        await page.SignInAsync(address, "Ann");
        await page.ConnectAsync();
        Assert.That(page.Url, Is.EqualTo(address + "/photos"));
        await page.GotoAsync(address);
        await page.SeesAsync("Your photos are connected.");
        await Assertions.Expect(page.GetByText("photos.read")).ToBeVisibleAsync();
        Assert.That(complaints, Is.Empty);
        Assert.That(elsewhere.Distinct().Except(["localhost", "127.0.0.1", ""]), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: the user says no, reads that this is fine, and changes their mind")]
    public async Task Denied_consent_is_a_friendly_page()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
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
    [Description("RFC 6749 §3.3: everything allowed but the photos: the API says 403, the page says why")]
    public async Task Partly_denied_consent_is_a_friendly_page()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
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
    [Description("Two tabs, both on their way at the same time, both arrive; and forms loaded before still work")]
    public async Task Two_tabs_both_finish()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
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
    [Description(
        "RFC 9700 §4.7: Back to the consent page and allowed once more, or the callback opened again: refused, still 1 token request"
    )]
    public async Task Back_and_replay_are_refused()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
        var page = await visit.SignInAsync();
        string callback = "";
        page.Request += (_, request) =>
            callback = request.Url.StartsWith(visit.Address + "/callback", StringComparison.Ordinal) ? request.Url : callback;
        await page.ConnectAsync();
        string used = callback;

        var answer = await page.GotoAsync(used);
        Assert.That(answer!.Status, Is.EqualTo(400));
        Assert.That(answer.Headers["cache-control"], Is.EqualTo("no-store"));
        await page.SeesAsync(Refused);
        await page.GoBackAsync();
        await page.SeesPhotosAsync();
        await page.GoBackAsync();
        await page.SeesAsync("Allow Passepartout?");
        await page.AllowAsync();
        await page.SeesAsync(Refused);
        Assert.That(callback, Is.Not.EqualTo(used), "the server gave another code");
        Assert.That(visit.TokenRequests, Is.EqualTo(1));
        await page.GotoAsync(visit.Address + "/photos");
        await page.SeesPhotosAsync();
    }

    [Test]
    [Description("RFC 6749 §5.2 invalid_grant: the user withdrew access at the server; the page sends them to reconnect, and back")]
    public async Task Expired_grant_is_sent_to_reconnect()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
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
    [Description("RFC 6749 §1.5: an access token that has ended is refreshed on the way; the visitor notices nothing")]
    public async Task Ended_access_token_is_refreshed()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
        var page = await visit.SignInAsync();
        await page.ConnectAsync();
        visit.Server.ExpireAccessTokens();
        await page.ReloadAsync();
        await page.SeesPhotosAsync();
        Assert.That(visit.TokenRequests, Is.EqualTo(2));
    }

    [TestCase(true), TestCase(false)]
    [Description(
        "Form Post Response Mode §2, from another site: the sign-in cookie comes along with the second post, from our own "
            + "page, with and without script; the code is in no address"
    )]
    public async Task Form_post_from_another_site_arrives(bool hasScript)
    {
        await using var visit = await WebAppVisit.StartAsync(chromium, "--response-mode", "form_post");
        var page = await visit.SignInAsync(options: new() { JavaScriptEnabled = hasScript });
        List<string> complaints = [];
        List<IRequest> callbacks = [];
        page.Console += (_, message) => complaints.Add(message.Text);
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
        Assert.That(complaints, Is.Empty);
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
        "Threat: form_post finished by another user of the same browser, or after the user signed out: refused, nothing "
            + "stored, 0 token requests"
    )]
    public async Task Form_post_is_not_finished_by_another_user(bool isAnotherSignedIn)
    {
        await using var visit = await WebAppVisit.StartAsync(chromium, "--response-mode", "form_post");
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
        await page.SeesAsync(Refused);
        Assert.That(visit.TokenRequests, Is.Zero);
        await page.GotoAsync(visit.Address);
        await page.SeesAsync(isAnotherSignedIn ? "Welcome, Mallory." : "Your photos, framed.");
    }

    [Test]
    [Description("Form Post Response Mode: denial from another site is the same friendly page, with the visitor still signed in")]
    public async Task Form_post_denial_is_a_friendly_page()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium, "--response-mode", "form_post");
        var page = await visit.SignInAsync();
        await page.BeginAsync();
        await page.LogInAsync();
        await page.DenyAsync();
        await page.SeesAsync("No photos, then.");
        await Assertions.Expect(page.Locator(".who")).ToHaveTextAsync("Ann");
    }

    [Test]
    [Description("Login CSRF (RFC 6749 §10.12): the attacker's own valid callback in the victim's browser: refused, 0 token requests")]
    public async Task Attackers_callback_is_refused()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
        var attacker = await visit.SignInAsync("Mallory");
        await attacker.BeginAsync();
        await attacker.SeesAsync("Sign in");
        var callback = await visit.Server.SignInAsync(new Uri(attacker.Url), new() { UserName = "bob" });

        var victim = await visit.SignInAsync("Vera");
        await victim.GotoAsync(callback.AbsoluteUri);
        await victim.SeesAsync(Refused);
        Assert.That(visit.TokenRequests, Is.Zero);
        await victim.GotoAsync(visit.Address);
        await victim.SeesAsync("Welcome, Vera.");
    }

    [Test]
    [Description("RFC 7009: disconnect revokes at the server, and the page sends the visitor to connect anew")]
    public async Task Disconnect_revokes()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
        var page = await visit.SignInAsync();
        await page.ConnectAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.SeesAsync("Welcome, Ann.");
        Assert.That(visit.Server.RequestsTo(TestEndpoint.Revocation), Is.Not.Empty);
        visit.Api.ClearRequests();
        await page.GotoAsync(visit.Address + "/photos");
        await page.SeesPhotosAsync();
        Assert.That(visit.TokenRequests, Is.EqualTo(2), "a grant of its own");
    }

    [Test]
    [Description("Session fixation: a session id that an attacker planted is not the victim's after their login, and nobody's before it")]
    public async Task Planted_session_is_dead_after_login()
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
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
    [Description("RFC 6749 §10.12: what changes anything is a POST with an antiforgery token")]
    public async Task Posts_need_an_antiforgery_token(string path)
    {
        await using var visit = await WebAppVisit.StartAsync(chromium);
        var page = await visit.SignInAsync();
        var answer = await page.APIRequest.PostAsync(visit.Address + path, new() { MaxRedirects = 0 });
        Assert.That(answer.Status, Is.EqualTo(400));
        var get = await page.APIRequest.GetAsync(visit.Address + path, new() { MaxRedirects = 0 });
        Assert.That(get.Status, Is.EqualTo(path == "/sign-in" ? 200 : 405));
    }

    [
        TestCase(0, "--help"),
        TestCase(2, "--issuer", "https://accounts.example.com"),
        TestCase(2, "--issuer", "https://accounts.example.com", "--client-id", "mine")
    ]
    [Description("What is missing is said, and nothing is started")]
    public async Task It_says_how_it_is_used(int exitCode, params string[] arguments)
    {
        using var sample = SampleProcess.Start("WebApp", arguments);
        string output = await sample.ReadToEndAsync();
        Assert.That(output, Does.Contain("--issuer").And.Contain("--client-id").And.Contain("--api"));
        Assert.That(await sample.ExitCodeAsync(), Is.EqualTo(exitCode));
    }

    private static async Task<BrowserContextCookiesResult[]> PendingCookiesAsync(IPage page) =>
        [.. (await page.Context.CookiesAsync()).Where(cookie => cookie.Name.StartsWith("__Host-oauth-", StringComparison.Ordinal))];
}
