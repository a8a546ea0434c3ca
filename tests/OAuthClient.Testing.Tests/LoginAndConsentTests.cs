using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed partial class LoginAndConsentTests
{
    [Test, Description("RFC 6749 §4.1.2.1: access_denied")]
    public async Task Denied_consent_is_told_to_the_client()
    {
        await using TestBed bed = await TestBed.StartAsync();

        var query = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignIn { Deny = true }));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(query["error"], Is.EqualTo("access_denied"));
            Assert.That(query["state"], Is.EqualTo("the state"));
            Assert.That(query["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
        }
    }

    [Test]
    public async Task Denying_where_nobody_asks_is_an_error_of_the_test()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "trusted", ClientSecret = "s", RequireConsent = false, RedirectUris = { TestBed.RedirectUri } });

        Assert.That(() => bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", "trusted")), new SignIn { Deny = true }),
            Throws.InvalidOperationException.With.Message.Contains("never asked"));
    }

    [Test, Description("RFC 6749 §3.3: the user may grant less, and the response says so")]
    public async Task User_may_untick_scopes()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignIn { ApprovedScopes = ["api"] });
        var tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);

        Assert.That((string?)tokens["scope"], Is.EqualTo("openid api"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: nothing granted is access_denied")]
    public async Task User_who_unticks_everything_has_denied()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "api photos.read")), new SignIn { ApprovedScopes = [] });

        Assert.That(TestBed.Query(callback)["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task Other_users_can_sign_in_too()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddUser(new TestUser { Subject = "s-7", UserName = "carol", Password = "secret & <long>" });

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignIn { UserName = "carol" });
        var tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);
        var user = await TestBed.JsonAsync(await bed.GetAsync(bed.Server.UserInfoEndpoint, (string?)tokens["access_token"]), HttpStatusCode.OK);

        Assert.That((string?)user["sub"], Is.EqualTo("s-7"));
    }

    [TestCase("alice", "wrong")]
    [TestCase("nobody", "nobody")]
    public async Task Wrong_password_ends_at_the_login_page(string userName, string password)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(() => bed.Server.SignInAsync(bed.AuthorizationUri(), new SignIn { UserName = userName, Password = password }),
            Throws.InvalidOperationException.With.Message.Contains("The user name or the password is wrong."));
    }

    [Test, Description("OpenID Connect Core §3.1.2.6: login_required, consent_required")]
    public async Task Prompt_none_never_shows_a_page()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignIn browser = new() { Cookies = new CookieContainer() };

        var stranger = TestBed.Query(await bed.SignInAsync(("prompt", "none")));
        await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "openid")), browser);
        var wider = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "openid api"), ("prompt", "none")), browser));
        var known = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "openid"), ("prompt", "none")), browser));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(stranger["error"], Is.EqualTo("login_required"));
            Assert.That(wider["error"], Is.EqualTo("consent_required"));
            Assert.That(known, Does.ContainKey("code"));
        }
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: prompt=login and prompt=consent ask again")]
    public async Task Browser_that_is_known_is_asked_again_only_on_demand()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignIn browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);

        (int, int) plain = await PagesAsync(bed, browser);
        (int, int) login = await PagesAsync(bed, browser, ("prompt", "login"));
        (int, int) select = await PagesAsync(bed, browser, ("prompt", "select_account"));
        (int, int) consent = await PagesAsync(bed, browser, ("prompt", "consent"));
        (int, int) both = await PagesAsync(bed, browser, ("prompt", "login consent"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plain, Is.EqualTo((0, 0)));
            Assert.That(login, Is.EqualTo((1, 0)));
            Assert.That(select, Is.EqualTo((1, 0)));
            Assert.That(consent, Is.EqualTo((0, 1)));
            Assert.That(both, Is.EqualTo((1, 1)));
        }
    }

    [Test]
    public async Task Withdrawn_consent_is_asked_for_again()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignIn browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);

        bed.Server.RevokeEverything();

        Assert.That(await PagesAsync(bed, browser), Is.EqualTo((0, 1)));
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: max_age")]
    public async Task Login_older_than_max_age_is_asked_for_again()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignIn browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);

        bed.Clock.Advance(TimeSpan.FromSeconds(60));
        (int Logins, int) atTheLimit = await PagesAsync(bed, browser, ("max_age", "60"));
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        var silent = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("max_age", "60"), ("prompt", "none")), browser));
        (int Logins, int) beyond = await PagesAsync(bed, browser, ("max_age", "60"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(atTheLimit.Logins, Is.Zero);
            Assert.That(silent["error"], Is.EqualTo("login_required"));
            Assert.That(beyond.Logins, Is.EqualTo(1));
        }
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: login_hint; hostile text stays text")]
    public async Task Login_hint_is_filled_in_and_encoded()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.GetAsync(bed.AuthorizationUri(("login_hint", "\"><script>alert(1)</script>")));
        string html = await response.Content.ReadAsStringAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(html, Does.Contain("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""));
            Assert.That(html, Does.Not.Contain("<script>"));
        }
    }

    [Test, Description("RFC 9700 §4.16: no framing, no script, no referrer, nothing from elsewhere")]
    public async Task Pages_are_closed_to_the_outside()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.GetAsync(bed.AuthorizationUri());
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(policy, Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'"));
            Assert.That(response.Headers.GetValues("Referrer-Policy"), Is.EqualTo(["no-referrer"]));
            Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
            Assert.That(response.Headers.GetValues("Set-Cookie").Single(), Does.Contain("HttpOnly").And.Contain("SameSite=Lax"));
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Match("(src|href)=\"http"));
        }
    }

    [Test, Description("Antiforgery: a form counts only from the browser that was shown it")]
    public async Task Form_of_another_browser_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string ticket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage otherPage = await bed.GetAsync(bed.AuthorizationUri());

        using HttpResponseMessage noCookie = await PostLoginAsync(bed, cookie: null, ticket);
        using HttpResponseMessage otherCookie = await PostLoginAsync(bed, CookieOf(otherPage), ticket);
        using HttpResponseMessage forged = await PostLoginAsync(bed, CookieOf(page), "Y2xpZW50X2lkPXRlc3QtY2xpZW50" + ticket[ticket.IndexOf('.', StringComparison.Ordinal)..]);
        using HttpResponseMessage own = await PostLoginAsync(bed, CookieOf(page), ticket);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(noCookie.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(otherCookie.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(forged.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(own.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        }
    }

    [Test, Description("A consent form must come from the consent page: the login page's ticket does not do")]
    public async Task Ticket_of_one_step_is_no_good_for_another()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string ticket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage loggedIn = await PostLoginAsync(bed, CookieOf(page), ticket);
        using HttpRequestMessage consent = new(HttpMethod.Post, new Uri(bed.Server.Issuer, "/consent"))
        {
            Content = new FormUrlEncodedContent([new("ticket", ticket), new("decision", "allow"), new("scope", "api")]),
        };
        consent.Headers.Add("Cookie", CookieOf(page) + "; " + CookieOf(loggedIn));

        using HttpResponseMessage response = await bed.Http.SendAsync(consent);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test, Description("Several tabs: the forms carry the request, so that none overwrites another")]
    public async Task Two_pending_logins_in_one_browser_both_finish()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage first = await bed.GetAsync(bed.AuthorizationUri(("state", "one")));
        string cookie = CookieOf(first);
        using HttpRequestMessage secondTab = new(HttpMethod.Get, bed.AuthorizationUri(("state", "two")));
        secondTab.Headers.Add("Cookie", cookie);
        using HttpResponseMessage second = await bed.Http.SendAsync(secondTab);

        string two = await FinishAsync(bed, cookie, second);
        string one = await FinishAsync(bed, cookie, first);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(one, Is.EqualTo("one"));
            Assert.That(two, Is.EqualTo("two"));
        }
    }

    [Test, Description("OAuth 2.0 Form Post Response Mode §2")]
    public async Task Form_post_gives_a_page_that_submits_itself_and_has_a_button()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.GetAsync(bed.AuthorizationUri(("response_mode", "form_post"), ("prompt", "none"), ("state", "a\"b<c")));
        string html = await response.Content.ReadAsStringAsync();
        var callback = TestBed.Query(await bed.SignInAsync(("response_mode", "form_post"), ("state", "a\"b<c")));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(html, Does.Contain($"<form method=\"post\" action=\"{TestBed.RedirectUri}\">"));
            Assert.That(html, Does.Contain("<input type=\"hidden\" name=\"error\" value=\"login_required\">"));
            Assert.That(html, Does.Contain("<input type=\"hidden\" name=\"state\" value=\"a&quot;b&lt;c\">"));
            Assert.That(html, Does.Contain("submit()").And.Contain("<button"));
            Assert.That(callback["state"], Is.EqualTo("a\"b<c"));
            Assert.That(callback, Does.ContainKey("code"));
        }
    }

    [Test, Description("RFC 6749 §4.1.2.1: a user who will not even sign in")]
    public async Task Cancel_on_the_login_page_is_access_denied()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string ticket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;

        using HttpResponseMessage response = await PostLoginAsync(bed, CookieOf(page), ticket, "deny");

        Assert.That(TestBed.Query(response.Headers.Location!)["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task Played_browser_goes_to_no_other_server()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestBed other = await TestBed.StartAsync();

        Assert.That(() => bed.Server.SignInAsync(other.AuthorizationUri()), Throws.ArgumentException);
        Assert.That(other.Server.Requests, Is.Empty);
    }

    private static async Task<(int Logins, int Consents)> PagesAsync(TestBed bed, SignIn browser, params (string, string?)[] changes)
    {
        bed.Server.ClearRequests();
        var query = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(changes), browser));
        Assert.That(query, Does.ContainKey("code"));
        return (bed.Server.RequestsTo(TestEndpoint.Login).Count, bed.Server.RequestsTo(TestEndpoint.Consent).Count(request => request.Method is "POST"));
    }

    private static async Task<string> FinishAsync(TestBed bed, string browserCookie, HttpResponseMessage loginPage)
    {
        string loginTicket = TicketPattern().Match(await loginPage.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage loggedIn = await PostLoginAsync(bed, browserCookie, loginTicket);
        string cookies = browserCookie + "; " + CookieOf(loggedIn);
        using HttpRequestMessage show = new(HttpMethod.Get, loggedIn.Headers.Location);
        show.Headers.Add("Cookie", cookies);
        using HttpResponseMessage page = await bed.Http.SendAsync(show);
        string ticket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpRequestMessage allow = new(HttpMethod.Post, new Uri(bed.Server.Issuer, "/consent"))
        {
            Content = new FormUrlEncodedContent([new("ticket", ticket), new("decision", "allow"), new("scope", "api")]),
        };
        allow.Headers.Add("Cookie", cookies);
        using HttpResponseMessage done = await bed.Http.SendAsync(allow);
        return TestBed.Query(done.Headers.Location!)["state"];
    }

    private static async Task<HttpResponseMessage> PostLoginAsync(TestBed bed, string? cookie, string ticket, string decision = "allow")
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(bed.Server.Issuer, "/login"))
        {
            Content = new FormUrlEncodedContent([new("ticket", ticket), new("username", "alice"), new("password", "alice"), new("decision", decision)]),
        };
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        return await bed.Http.SendAsync(request);
    }

    private static string CookieOf(HttpResponseMessage response) =>
        string.Join("; ", response.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));

    [GeneratedRegex("name=\"ticket\" value=\"(?<ticket>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TicketPattern();
}
