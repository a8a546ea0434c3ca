using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// A callback counts only in the browser, for the user and at the client it was begun with (RFC 6749 §10.12, RFC 9700 §4.7).
/// </summary>
public sealed class LoginCsrfTests
{
    private const string NobodyWaits = "This browser has no pending authorization";

    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await App.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCase(""), TestCase("/mvc")]
    [Description("Login CSRF: the attacker's own valid state and code in the victim's browser, which has begun nothing: 0 token requests")]
    public async Task Attackers_callback_in_the_victims_browser_is_refused(string prefix)
    {
        var callback = await AttackersCallbackAsync(prefix);
        (await app.OpenBrowser("victim").GetAsync(callback)).RequireRefusal("OAuthProtocolException", NobodyWaits);
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("victim")), Is.Null);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("Login CSRF while the victim has a login of their own under way: refused, and the victim's own still completes")]
    public async Task Attackers_callback_does_not_disturb_the_victims_own_login(string prefix)
    {
        var victim = app.OpenBrowser("victim");
        var own = await victim.BeginAsync(prefix);
        (await victim.GetAsync(await AttackersCallbackAsync(prefix))).RequireRefusal("OAuthProtocolException", NobodyWaits);
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That((await victim.GetAsync(await victim.SignInAsync(own))).Status, Is.EqualTo(HttpStatusCode.Found));
    }

    [TestCase("state"), TestCase("state=wrong")]
    [Description("RFC 6749 §10.12: no state, an empty one or a wrong one: 0 token requests")]
    public async Task Callback_without_the_state_is_refused(string replacement)
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        string without = string.Join('&', callback.Split('&').Where(part => !part.StartsWith("state=", StringComparison.Ordinal)));
        (await browser.GetAsync(without)).RequireRefusal("OAuthProtocolException", NobodyWaits);
        (await browser.GetAsync(without + "&" + replacement)).RequireRefusal("OAuthProtocolException", NobodyWaits);
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("The session is switched while the browser is away: completed for neither user, 0 token requests")]
    public async Task Another_user_cannot_complete(string prefix)
    {
        var browser = app.OpenBrowser("alice");
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix));
        browser.User = "mallory";
        (await browser.GetAsync(callback)).RequireRefusal("OAuthProtocolException", "The signed-in user is not the user");
        Assert.That(app.TokenRequests, Is.Zero);
        Assert.That(browser.Jar, Is.Empty, "found by its state, so it is used up");
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "The user signed out while the browser was away: refused, and the sentence names the usual mistake, a Strict sign-in cookie"
    )]
    public async Task Nobody_cannot_complete_by_query(string prefix)
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync(prefix));
        browser.User = null;
        (await browser.GetAsync(callback)).RequireRefusal("OAuthProtocolException", "SameSite=Strict");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Cookie tossing: junk, another application's cookie, and our own value under a name that siblings can set are ignored")]
    public async Task Tossed_cookies_are_ignored()
    {
        await using var stranger = await App.StartAsync();
        var elsewhere = stranger.OpenBrowser();
        await elsewhere.BeginAsync();
        var attacker = app.OpenBrowser("mallory");
        var callback = await attacker.SignInAsync(await attacker.BeginAsync());
        var attackers = attacker.Jar.Single();

        var victim = app.OpenBrowser("mallory");
        victim.Put(elsewhere.Jar.Single());
        victim.Put("__Host-oauth-junk", "AAAA");
        victim.Put("__Host-oauth-text", "not%20base64");
        victim.Put("__Host-oauth-none", "");
        foreach (string prefix in new[] { "__host-oauth-", "oauth-", "__Secure-oauth-" })
            victim.Put(attackers.Name.ToString().Replace("__Host-oauth-", prefix, StringComparison.Ordinal), attackers.Value.ToString());
        (await victim.GetAsync(callback)).RequireRefusal("OAuthProtocolException", NobodyWaits);
        Assert.That(app.TokenRequests, Is.Zero);

        victim.Put(attackers);
        Assert.That(
            (await victim.GetAsync(callback)).Status,
            Is.EqualTo(HttpStatusCode.Found),
            "with the right name it would have been taken"
        );
    }

    [Test]
    [Description("Every single changed character of the cookie makes it worthless")]
    public async Task Changed_cookie_is_ignored()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var cookie = browser.Jar.Single();
        string value = cookie.Value.ToString();
        for (int i = 0; i < value.Length - 1; i += 37)
        {
            string changed = value[..i] + (value[i] == 'A' ? 'B' : 'A') + value[(i + 1)..];
            browser.Put(new SetCookieHeaderValue(cookie.Name, changed));
            (await browser.GetAsync(callback)).RequireRefusal("OAuthProtocolException", NobodyWaits);
        }
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A login begun by one client does not complete another's (RFC 9700 §4.4): 0 token requests")]
    public async Task One_clients_login_does_not_complete_another()
    {
        var browser = app.OpenBrowser();
        var callback = await browser.SignInAsync(await browser.BeginAsync());
        var answer = await browser.GetAsync("/mvc" + callback);
        answer.RequireRefusal("OAuthProtocolException", "complete it with the client that began it");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [TestCase("wrong"), TestCase("missing"), TestCase("doubled")]
    [Description("Mix-up (RFC 9207 §2.4): the callback names the other server, none, or two: 0 token requests at either")]
    public async Task Mixed_up_servers_are_told_apart(string iss)
    {
        await using var other = await TestAuthorizationServer.StartAsync();
        app.Server.Options.OnAuthorizationResponse = parameters =>
        {
            var right = parameters.Single(parameter => parameter.Key == "iss");
            if (iss != "doubled")
                parameters.Remove(right);
            if (iss != "missing")
                parameters.Add(new("iss", other.Issuer.OriginalString));
        };
        var browser = app.OpenBrowser();
        (await browser.ConnectAsync()).RequireRefusal(
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
        "Mix-up (RFC 9700 §4.4.1): a hostile server sends the browser on to the honest one under its own state; the honest code reaches "
            + "neither token endpoint"
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
        string confused = honest.Replace(State(atHonest), State(atHostile), StringComparison.Ordinal);

        (await browser.GetAsync("/mvc" + confused)).RequireRefusal("OAuthProtocolException", "but the browser was sent to");
        (await browser.GetAsync(confused)).RequireRefusal("OAuthProtocolException", NobodyWaits);
        Assert.That(two.TokenRequests, Is.Zero);
        Assert.That(hostile.RequestsTo(TestEndpoint.Token), Is.Empty);
        Assert.That((await browser.GetAsync(honest)).Status, Is.EqualTo(HttpStatusCode.Found));
    }

    [TestCase("GET"), TestCase("POST")]
    [Description(
        "Mix-up (RFC 9700 §4.4.2.2): a callback another path than the redirect URI's, by query or by form, belongs to another "
            + "registration: 0 token requests"
    )]
    public async Task Callback_at_another_path_is_refused(string method)
    {
        await using var two = await App.StartAsync(
            o => o.ResponseMode = method == "POST" ? "form_post" : null,
            endpoints: web =>
                web.Map(
                    "/elsewhere",
                    async (HttpContext context, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                    {
                        await photos.CompleteAsync(context);
                    }
                )
        );
        var browser = two.OpenBrowser();
        string query = (await browser.SignInAsync(await browser.BeginAsync())).Split('?')[1];
        var answer =
            method == "GET"
                ? await browser.GetAsync("/elsewhere?" + query)
                : await browser.SendAsync(
                    HttpMethod.Post,
                    "/elsewhere",
                    new StringContent(query, new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded")),
                    []
                );
        answer.RequireRefusal("OAuthProtocolException", "another path than the redirect URI's");
        Assert.That(two.TokenRequests, Is.Zero);
    }

    private async Task<string> AttackersCallbackAsync(string prefix)
    {
        app.Server.AddUser(new TestUser { Subject = "m", UserName = "mallory" });
        var attacker = app.OpenBrowser("mallory");
        return await attacker.SignInAsync(await attacker.BeginAsync(prefix), new() { UserName = "mallory" });
    }

    private static string State(Uri authorizationUri) =>
        authorizationUri.Query.Split('&').Single(part => part.StartsWith("state=", StringComparison.Ordinal))[6..];
}
