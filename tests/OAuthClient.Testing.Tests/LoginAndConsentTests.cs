using System.Net;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the login page and the consent page with the simulated browser.</summary>
[TestFixture]
internal sealed class LoginAndConsentTests
{
    [Test, Description("RFC 6749 §4.1.2.1: a denied consent results in access_denied")]
    public async Task Denied_consent_results_in_an_error_response()
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

    [Test, Description("SignInOptions.Deny throws an exception if the server shows no consent page")]
    public async Task Denying_without_a_consent_page_throws()
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
            Throws.InvalidOperationException.With.Message.Contains("was not shown")
        );
    }

    [Test, Description("RFC 6749 §3.3: the user can grant fewer scopes; the response contains the granted scopes")]
    public async Task User_can_deselect_scopes()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { ApprovedScopes = ["api"] });
        var tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);

        Assert.That((string?)tokens["scope"], Is.EqualTo("openid api"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: a consent without scopes results in access_denied")]
    public async Task Deselecting_every_scope_denies_the_request()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(
            bed.AuthorizationUri(("scope", "api photos.read")),
            new SignInOptions { ApprovedScopes = [] }
        );

        Assert.That(TestBed.Query(callback)["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task Added_user_can_sign_in()
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
    [TestCase("unknown", "unknown")]
    [Description("SignInAsync throws an exception with the error message of the login page")]
    public async Task Wrong_credentials_stay_on_the_login_page(string userName, string password)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () => bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { UserName = userName, Password = password }),
            Throws.InvalidOperationException.With.Message.Contains("The user name or the password is wrong.")
        );
    }

    [Test, Description("OpenID Connect Core §3.1.2.6: prompt=none results in login_required or consent_required instead of a page")]
    public async Task Prompt_none_shows_no_page()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };

        var unknownBrowser = TestBed.Query(await bed.SignInAsync(("prompt", "none")));
        await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "openid")), browser);
        var additionalScope = TestBed.Query(
            await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "openid api"), ("prompt", "none")), browser)
        );
        var knownBrowser = TestBed.Query(
            await bed.Server.SignInAsync(bed.AuthorizationUri(("scope", "openid"), ("prompt", "none")), browser)
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(unknownBrowser["error"], Is.EqualTo("login_required"));
            Assert.That(additionalScope["error"], Is.EqualTo("consent_required"));
            Assert.That(knownBrowser, Does.ContainKey("code"));
        }
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: prompt=login and prompt=consent show the page again")]
    public async Task Signed_in_user_sees_pages_only_if_prompt_requests_them()
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

    [Test, Description("After RevokeEverything, the consent page is shown again, but not the login page")]
    public async Task Revoked_consent_is_requested_again()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);

        bed.Server.RevokeEverything();

        Assert.That(await PagesAsync(bed, browser), Is.EqualTo((0, 1)));
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: max_age limits the age of the login")]
    public async Task Login_older_than_max_age_is_repeated()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);

        bed.Clock.Advance(TimeSpan.FromSeconds(60));
        (int Logins, int) atTheLimit = await PagesAsync(bed, browser, ("max_age", "60"));
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        var withoutPrompt = TestBed.Query(
            await bed.Server.SignInAsync(bed.AuthorizationUri(("max_age", "60"), ("prompt", "none")), browser)
        );
        (int Logins, int) afterTheLimit = await PagesAsync(bed, browser, ("max_age", "60"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(atTheLimit.Logins, Is.Zero);
            Assert.That(withoutPrompt["error"], Is.EqualTo("login_required"));
            Assert.That(afterTheLimit.Logins, Is.EqualTo(1));
        }
    }

    [Test, Description("SignInAsync sends no request to the address of another server")]
    public async Task Simulated_browser_rejects_the_address_of_another_server()
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
