using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the pages and their forms with individual HTTP requests.</summary>
[TestFixture]
internal sealed partial class PageTests
{
    [Test, Description("OpenID Connect Core §3.1.2.1: login_hint is HTML-encoded in the login form")]
    public async Task Login_hint_is_shown_and_encoded()
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

    [Test, Description("RFC 9700 §4.16: pages cannot be framed, send no referrer and load no external resource")]
    public async Task Pages_are_protected_by_security_headers()
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

    [Test, Description("Antiforgery: a form is valid only for the browser to which it was shown")]
    public async Task Form_of_another_browser_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string ticket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage otherPage = await bed.GetAsync(bed.AuthorizationUri());

        using HttpResponseMessage noCookie = await PostLoginAsync(bed, cookie: null, ticket);
        using HttpResponseMessage otherCookie = await PostLoginAsync(bed, CookieOf(otherPage), ticket);
        using HttpResponseMessage forged = await PostLoginAsync(
            bed,
            CookieOf(page),
            "Y2xpZW50X2lkPXRlc3QtY2xpZW50" + ticket[ticket.IndexOf('.', StringComparison.Ordinal)..]
        );
        using HttpResponseMessage own = await PostLoginAsync(bed, CookieOf(page), ticket);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(noCookie.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(otherCookie.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(forged.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(own.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        }
    }

    [Test, Description("Antiforgery: the tickets of the login form and of the consent page address are not valid for the consent form")]
    public async Task Ticket_is_valid_for_one_step_only()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string loginTicket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage loggedIn = await PostLoginAsync(bed, CookieOf(page), loginTicket);
        string cookies = CookieOf(page) + "; " + CookieOf(loggedIn);

        using HttpResponseMessage byLogin = await PostConsentAsync(bed, cookies, loginTicket);
        using HttpResponseMessage byAddress = await PostConsentAsync(bed, cookies, TestBed.Query(loggedIn.Headers.Location!)["ticket"]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(byLogin.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(byAddress.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        }
    }

    [Test, Description("Antiforgery: the consent form is bound to the user who received it")]
    public async Task Consent_form_of_another_user_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string loginTicket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage asAlice = await PostLoginAsync(bed, CookieOf(page), loginTicket);
        string ticket = await ConsentTicketAsync(bed, CookieOf(page) + "; " + CookieOf(asAlice), asAlice.Headers.Location!);
        using HttpResponseMessage asBob = await PostLoginAsync(bed, CookieOf(page), loginTicket, user: "bob");

        using HttpResponseMessage response = await PostConsentAsync(bed, CookieOf(page) + "; " + CookieOf(asBob), ticket);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test, Description("The forms carry the request, so that several tabs do not overwrite each other")]
    public async Task Two_pending_logins_in_one_browser_both_succeed()
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

    [Test, Description("OAuth 2.0 Form Post Response Mode §2: the page posts the authorization response and has a button")]
    public async Task Form_post_page_submits_itself_and_has_a_button()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.GetAsync(
            bed.AuthorizationUri(("response_mode", "form_post"), ("prompt", "none"), ("state", "a\"b<c"))
        );
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

    [Test, Description("RFC 6749 §4.1.2.1: canceling the login results in access_denied")]
    public async Task Canceling_the_login_denies_the_request()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage page = await bed.GetAsync(bed.AuthorizationUri());
        string ticket = TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;

        using HttpResponseMessage response = await PostLoginAsync(bed, CookieOf(page), ticket, "deny");

        Assert.That(TestBed.Query(response.Headers.Location!)["error"], Is.EqualTo("access_denied"));
    }

    private static async Task<string> FinishAsync(TestBed bed, string browserCookie, HttpResponseMessage loginPage)
    {
        string loginTicket = TicketPattern().Match(await loginPage.Content.ReadAsStringAsync()).Groups["ticket"].Value;
        using HttpResponseMessage loggedIn = await PostLoginAsync(bed, browserCookie, loginTicket);
        string cookies = browserCookie + "; " + CookieOf(loggedIn);
        string ticket = await ConsentTicketAsync(bed, cookies, loggedIn.Headers.Location!);
        using HttpResponseMessage done = await PostConsentAsync(bed, cookies, ticket);
        return TestBed.Query(done.Headers.Location!)["state"];
    }

    private static async Task<HttpResponseMessage> PostLoginAsync(
        TestBed bed,
        string? cookie,
        string ticket,
        string decision = "allow",
        string user = "alice"
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(bed.Server.Issuer, "/login"))
        {
            Content = new FormUrlEncodedContent([
                new("ticket", ticket),
                new("username", user),
                new("password", user),
                new("decision", decision),
            ]),
        };
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        return await bed.Http.SendAsync(request);
    }

    private static async Task<string> ConsentTicketAsync(TestBed bed, string cookies, Uri address)
    {
        using HttpRequestMessage show = new(HttpMethod.Get, address);
        show.Headers.Add("Cookie", cookies);
        using HttpResponseMessage page = await bed.Http.SendAsync(show);
        return TicketPattern().Match(await page.Content.ReadAsStringAsync()).Groups["ticket"].Value;
    }

    private static async Task<HttpResponseMessage> PostConsentAsync(TestBed bed, string cookies, string ticket)
    {
        using HttpRequestMessage allow = new(HttpMethod.Post, new Uri(bed.Server.Issuer, "/consent"))
        {
            Content = new FormUrlEncodedContent([new("ticket", ticket), new("decision", "allow"), new("scope", "api")]),
        };
        allow.Headers.Add("Cookie", cookies);
        return await bed.Http.SendAsync(allow);
    }

    private static string CookieOf(HttpResponseMessage response) =>
        string.Join("; ", response.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));

    [GeneratedRegex("name=\"ticket\" value=\"(?<ticket>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TicketPattern();
}
