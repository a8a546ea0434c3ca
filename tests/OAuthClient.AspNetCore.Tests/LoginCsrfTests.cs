using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests that a callback completes only in the browser, for the user and at the client that began it (RFC 6749 §10.12, RFC 9700 §4.7).
/// </summary>
public sealed class LoginCsrfTests : AppTestBase
{
    private const string NoPendingAuthorization = "This browser has no pending authorization";

    private protected override Task<App> StartAppAsync() => App.StartAsync();

    [Test]
    [Description(
        "RFC 6749 §10.12 (login CSRF): the attacker's valid state and code are refused in the victim's browser without a token request"
    )]
    public async Task Attackers_callback_in_the_victims_browser_is_refused()
    {
        var callback = await AttackersCallbackAsync();
        (await app.OpenBrowser("victim").GetAsync(callback)).RequireException("OAuthProtocolException", NoPendingAuthorization);
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("victim")), Is.Null);
    }

    [Test]
    [Description(
        "RFC 6749 §10.12 (login CSRF): the attacker's callback is refused, and the victim's own pending authorization still completes"
    )]
    public async Task Attackers_callback_does_not_affect_a_pending_authorization()
    {
        var victim = app.OpenBrowser("victim");
        var own = await victim.BeginAsync();
        (await victim.GetAsync(await AttackersCallbackAsync())).RequireException("OAuthProtocolException", NoPendingAuthorization);
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That((await victim.GetAsync(await victim.SignInAsync(own))).Status, Is.EqualTo(HttpStatusCode.Found));
    }

    [TestCase("state"), TestCase("state=wrong")]
    [Description("RFC 6749 §10.12: a callback with a missing, empty or wrong state is refused without a token request")]
    public async Task Callback_without_the_state_is_refused(string replacement)
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        string without = string.Join('&', callback.Split('&').Where(part => !part.StartsWith("state=", StringComparison.Ordinal)));
        (await browser.GetAsync(without)).RequireException("OAuthProtocolException", NoPendingAuthorization);
        (await browser.GetAsync(without + "&" + replacement)).RequireException("OAuthProtocolException", NoPendingAuthorization);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 9700 §4.7: if another user is signed in at the callback it completes for neither user, and no token request is sent")]
    public async Task Another_user_cannot_complete()
    {
        var browser = app.OpenBrowser("alice");
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        browser.User = "mallory";
        (await browser.GetAsync(callback)).RequireException("OAuthProtocolException", "The signed-in user is not the user");
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That(browser.Jar, Is.Empty, "the state was found, so the cookie is deleted");
    }

    [Test]
    [Description(
        "If the user has signed out before the callback it is refused; the message names the usual cause, a sign-in cookie with "
            + "SameSite=Strict"
    )]
    public async Task Callback_without_a_user_is_refused()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        browser.User = null;
        (await browser.GetAsync(callback)).RequireException("OAuthProtocolException", "SameSite=Strict");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description(
        "RFC 6265bis §4.1.3.2 (cookie tossing): junk, another application's cookie, and a valid value without the exact __Host- "
            + "prefix are ignored"
    )]
    public async Task Tossed_cookies_are_ignored()
    {
        await using var otherApp = await App.StartAsync();
        var otherBrowser = otherApp.OpenBrowser();
        await otherBrowser.BeginAsync();
        var attacker = app.OpenBrowser("mallory");
        var callback = await attacker.SignInAsync(await attacker.BeginAsync());
        var attackersCookie = attacker.Jar.Single();

        var victim = app.OpenBrowser("mallory");
        victim.Put(otherBrowser.Jar.Single());
        victim.Put("__Host-oauth-junk", "AAAA");
        victim.Put("__Host-oauth-text", "not%20base64");
        victim.Put("__Host-oauth-none", "");
        foreach (string prefix in new[] { "__host-oauth-", "oauth-", "__Secure-oauth-" })
            victim.Put(
                attackersCookie.Name.ToString().Replace("__Host-oauth-", prefix, StringComparison.Ordinal),
                attackersCookie.Value.ToString()
            );
        (await victim.GetAsync(callback)).RequireException("OAuthProtocolException", NoPendingAuthorization);
        Assert.That(app.TokenRequests, Is.Zero);

        victim.Put(attackersCookie);
        Assert.That(
            (await victim.GetAsync(callback)).Status,
            Is.EqualTo(HttpStatusCode.Found),
            "the cookie is accepted under its own name"
        );
    }

    [Test]
    [Description("A pending cookie with one changed character is ignored")]
    public async Task Modified_cookie_is_ignored()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var cookie = browser.Jar.Single();
        string value = cookie.Value.ToString();
        for (int i = 0; i < value.Length - 1; i += 37)
        {
            string changed = value[..i] + (value[i] == 'A' ? 'B' : 'A') + value[(i + 1)..];
            browser.Put(new SetCookieHeaderValue(cookie.Name, changed));
            (await browser.GetAsync(callback)).RequireException("OAuthProtocolException", NoPendingAuthorization);
        }
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 9700 §4.4: a client cannot complete an authorization that another client began; no token request is sent")]
    public async Task Client_cannot_complete_another_clients_authorization()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var response = await browser.GetAsync("/mvc" + callback);
        response.RequireException("OAuthProtocolException", "complete it with the client that began it");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase("wrong"), TestCase("missing"), TestCase("repeated")]
    [Description(
        "RFC 9207 §2.4 (mix-up): a callback with a wrong, missing or repeated iss is refused, and no token request is sent to either server"
    )]
    public async Task Wrong_issuer_is_refused(string iss)
    {
        await using var other = await TestAuthorizationServer.StartAsync();
        app.Server.Options.OnAuthorizationResponse = parameters =>
        {
            var right = parameters.Single(parameter => parameter.Key == "iss");
            if (iss != "repeated")
                parameters.Remove(right);
            if (iss != "missing")
                parameters.Add(new("iss", other.Issuer.OriginalString));
        };
        var browser = app.OpenBrowser();
        (await browser.ConnectAsync()).RequireException(
            "OAuthProtocolException",
            iss switch
            {
                "wrong" => "but the browser was sent to",
                "missing" => "has no iss",
                _ => "'iss' more than once",
            }
        );
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That(other.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "RFC 9700 §4.4.1 (mix-up): a hostile server redirects the browser to the honest server with its own state; the honest "
            + "code is sent to neither token endpoint"
    )]
    public async Task Honest_code_does_not_reach_the_hostile_server()
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        hostile.AddClient(
            new TestClient
            {
                ClientId = "albums",
                ClientSecret = "s",
                RedirectUris = { App.Public + "/mvc/callback" },
            }
        );
        await using var two = await App.StartAsync(o =>
        {
            if (o.ClientId == "albums")
                o.Issuer = hostile.Issuer;
        });
        var browser = two.OpenBrowser();
        var atHostile = await browser.BeginAsync("/mvc");
        var atHonest = await browser.BeginAsync();
        string honest = await browser.SignInAsync(atHonest);
        string mixedUp = honest.Replace(State(atHonest), State(atHostile), StringComparison.Ordinal);

        (await browser.GetAsync("/mvc" + mixedUp)).RequireException("OAuthProtocolException", "but the browser was sent to");
        (await browser.GetAsync(mixedUp)).RequireException("OAuthProtocolException", NoPendingAuthorization);
        Assert.That(two.TokenRequests, Is.Zero);
        Assert.That(hostile.RequestsTo(TestEndpoint.Token), Is.Empty);
        Assert.That((await browser.GetAsync(honest)).Status, Is.EqualTo(HttpStatusCode.Found));
    }

    [TestCase("GET"), TestCase("POST")]
    [Description(
        "RFC 9700 §4.4.2.2 (mix-up): a callback at another path than the redirect URI's, by query or by form, is refused "
            + "without a token request"
    )]
    public async Task Callback_at_another_path_is_refused(string method)
    {
        await using var two = await App.StartAsync(
            o => o.ResponseMode = method == "POST" ? "form_post" : null,
            endpoints: web =>
                web.Map(
                    "/other-path",
                    async (HttpContext context, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                    {
                        await photos.CompleteAsync(context);
                    }
                )
        );
        var browser = two.OpenBrowser();
        string query = (await browser.SignInAsync(await browser.BeginAsync())).Split('?')[1];
        var response =
            method == "GET"
                ? await browser.GetAsync("/other-path?" + query)
                : await browser.SendAsync(
                    HttpMethod.Post,
                    "/other-path",
                    new StringContent(query, new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded")),
                    []
                );
        response.RequireException("OAuthProtocolException", "another path than the redirect URI's");
        Assert.That(two.TokenRequests, Is.Zero);
    }

    private async Task<string> AttackersCallbackAsync()
    {
        app.Server.AddUser(new TestUser { Subject = "m", UserName = "mallory" });
        var attacker = app.OpenBrowser("mallory");
        return await attacker.SignInAsync(await attacker.BeginAsync(), new() { UserName = "mallory" });
    }

    private static string State(Uri authorizationUri) =>
        authorizationUri.Query.Split('&').Single(part => part.StartsWith("state=", StringComparison.Ordinal))[6..];
}
