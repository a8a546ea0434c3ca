using System.Net;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class LoginAndConsentTests
{
    [Test, Description("RFC 6749 §4.1.2.1: access_denied")]
    public async Task Denied_consent_is_told_to_the_client()
    {
        await using TestBed bed = await TestBed.StartAsync();

        var query = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { Deny = true }));

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
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "trusted",
                ClientSecret = "s",
                RequireConsent = false,
                RedirectUris = { TestBed.RedirectUri },
            }
        );

        Assert.That(
            () => bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", "trusted")), new SignInOptions { Deny = true }),
            Throws.InvalidOperationException.With.Message.Contains("never asked")
        );
    }

    [Test, Description("RFC 6749 §3.3: the user may grant less, and the response says so")]
    public async Task User_may_untick_scopes()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { ApprovedScopes = ["api"] });
        var tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);

        Assert.That((string?)tokens["scope"], Is.EqualTo("openid api"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: nothing granted is access_denied")]
    public async Task User_who_unticks_everything_has_denied()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(
            bed.AuthorizationUri(("scope", "api photos.read")),
            new SignInOptions { ApprovedScopes = [] }
        );

        Assert.That(TestBed.Query(callback)["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task Other_users_can_sign_in_too()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddUser(
            new TestUser
            {
                Subject = "s-7",
                UserName = "carol",
                Password = "secret & <long>",
            }
        );

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { UserName = "carol" });
        var tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);
        var user = await TestBed.JsonAsync(
            await bed.GetAsync(bed.Server.UserInfoEndpoint, (string?)tokens["access_token"]),
            HttpStatusCode.OK
        );

        Assert.That((string?)user["sub"], Is.EqualTo("s-7"));
    }

    [TestCase("alice", "wrong")]
    [TestCase("nobody", "nobody")]
    public async Task Wrong_password_ends_at_the_login_page(string userName, string password)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () => bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { UserName = userName, Password = password }),
            Throws.InvalidOperationException.With.Message.Contains("The user name or the password is wrong.")
        );
    }

    [Test, Description("OpenID Connect Core §3.1.2.6: login_required, consent_required")]
    public async Task Prompt_none_never_shows_a_page()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };

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
        SignInOptions browser = new() { Cookies = new CookieContainer() };
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
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);

        bed.Server.RevokeEverything();

        Assert.That(await PagesAsync(bed, browser), Is.EqualTo((0, 1)));
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: max_age")]
    public async Task Login_older_than_max_age_is_asked_for_again()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };
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

    [Test]
    public async Task Played_browser_goes_to_no_other_server()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestBed other = await TestBed.StartAsync();

        Assert.That(() => bed.Server.SignInAsync(other.AuthorizationUri()), Throws.ArgumentException);
        Assert.That(other.Server.Requests, Is.Empty);
    }

    private static async Task<(int Logins, int Consents)> PagesAsync(TestBed bed, SignInOptions browser, params (string, string?)[] changes)
    {
        bed.Server.ClearRequests();
        var query = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(changes), browser));
        Assert.That(query, Does.ContainKey("code"));
        return (
            bed.Server.RequestsTo(TestEndpoint.Login).Count,
            bed.Server.RequestsTo(TestEndpoint.Consent).Count(request => request.Method is "POST")
        );
    }
}
