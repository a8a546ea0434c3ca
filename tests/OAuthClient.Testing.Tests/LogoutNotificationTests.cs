using System.Net;
using System.Text.Json.Nodes;
using static OAuthClient.Testing.Tests.LogoutRequests;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests what a logout revokes and how the clients are notified.</summary>
[TestFixture]
internal sealed class LogoutNotificationTests
{
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    [Test, Description("OpenID Connect Back-Channel Logout §2.7: the tokens of the session are revoked, except those with offline_access")]
    public async Task Logout_revokes_the_tokens_of_the_session()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject online = await bed.TokensAsync(client, browser, ("scope", "openid"));
        JsonObject offline = await bed.TokensAsync(client, browser, ("scope", "openid offline_access"));
        JsonObject otherSession = await bed.TokensAsync(client);

        await bed.Server.SignOutAsync(bed.Server.EndSessionEndpoint, browser.Cookies);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bed.UserInfoStatusAsync((string)online["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await bed.UserInfoStatusAsync((string)offline["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await bed.UserInfoStatusAsync((string)otherSession["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("OpenID Connect Back-Channel Logout §2.4, §2.5: the clients of the session receive a logout token")]
    public async Task Clients_of_the_session_receive_a_logout_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(backChannel: new Uri(site.Address, "/photos/logout")));
        bed.Server.AddClient(new TestClient { ClientId = "unused", BackChannelLogoutUri = new Uri(site.Address, "/unused") });
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject idToken = Jose.Claims((string)(await bed.TokensAsync(photos, browser))["id_token"]!);

        await bed.Server.SignOutAsync(bed.Server.EndSessionEndpoint, browser.Cookies);

        (string method, Uri address, string body) = site.Requests.Single();
        string token = Uri.UnescapeDataString(body["logout_token=".Length..]);
        JsonObject claims = Jose.Claims(token);
        long now = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((method, address.AbsolutePath), Is.EqualTo(("POST", "/photos/logout")));
            Assert.That((string?)Jose.Header(token)["typ"], Is.EqualTo("logout+jwt"));
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That(claims.Select(claim => claim.Key), Is.EquivalentTo(["iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"]));
            Assert.That((string?)claims["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)claims["aud"], Is.EqualTo("photos"));
            Assert.That((string?)claims["sub"], Is.EqualTo("alice"));
            Assert.That((string?)claims["sid"], Is.EqualTo((string?)idToken["sid"]));
            Assert.That(((long)claims["iat"]!, (long)claims["exp"]!), Is.EqualTo((now, now + 120)));
            Assert.That(claims["events"]!.ToJsonString(), Is.EqualTo($$$"""{"{{{LogoutEvent}}}":{}}"""));
        }
    }

    [Test, Description("OpenID Connect Back-Channel Logout §2.8: the status code of the client is returned")]
    public async Task Logout_token_can_be_sent_without_a_logout()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(backChannel: site.Address));

        HttpStatusCode accepted = await bed.Server.SendBackChannelLogoutAsync(photos, "bob");
        site.ResponseStatus = HttpStatusCode.BadRequest;
        HttpStatusCode rejected = await bed.Server.SendBackChannelLogoutAsync(photos, subject: null, "one");

        JsonObject[] claims =
        [
            .. site.Requests.Select(request => Jose.Claims(Uri.UnescapeDataString(request.Body["logout_token=".Length..]))),
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((accepted, rejected), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.BadRequest)));
            Assert.That(((string?)claims[0]["sub"], claims[0].ContainsKey("sid")), Is.EqualTo(("bob", false)));
            Assert.That((claims[1].ContainsKey("sub"), (string?)claims[1]["sid"]), Is.EqualTo((false, "one")));
            Assert.That((string?)claims[0]["jti"], Is.Not.EqualTo((string?)claims[1]["jti"]));
            Assert.That(() => bed.Server.SendBackChannelLogoutAsync(Photos()), Throws.ArgumentException);
        }
    }

    [Test, Description("OpenID Connect Back-Channel Logout §2.5: a client that cannot be reached does not prevent the logout")]
    public async Task Unreachable_client_is_ignored()
    {
        await using TestBed bed = await TestBed.StartAsync();
        ClientSite site = await ClientSite.StartAsync();
        await site.DisposeAsync();
        TestClient photos = bed.Server.AddClient(Photos(backChannel: site.Address));
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(photos, browser);

        Uri? redirect = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", PostLogoutRedirectUri)),
            browser.Cookies
        );

        Assert.That(redirect?.OriginalString, Is.EqualTo(PostLogoutRedirectUri));
    }

    [Test, Description("OpenID Connect Front-Channel Logout §2: the page of the client is loaded in a frame with iss and sid")]
    public async Task Clients_of_the_session_are_loaded_in_frames()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(frontChannel: new Uri(site.Address, "/logout?a=b")));
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(photos, browser);

        Uri? redirect = await bed.Server.SignOutAsync(
            EndSession(
                bed,
                ("id_token_hint", (string)tokens["id_token"]!),
                ("post_logout_redirect_uri", PostLogoutRedirectUri),
                ("state", "s")
            ),
            browser.Cookies
        );

        (string method, Uri address, _) = site.Requests.Single();
        var query = TestBed.Query(address);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((method, address.AbsolutePath), Is.EqualTo(("GET", "/logout")));
            Assert.That(query["a"], Is.EqualTo("b"));
            Assert.That(query["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That(query["sid"], Is.EqualTo((string?)Jose.Claims((string)tokens["id_token"]!)["sid"]));
            Assert.That(redirect?.OriginalString, Is.EqualTo(PostLogoutRedirectUri + "&state=s"), "the redirect follows the frames");
        }
    }

    [Test, Description("OpenID Connect Front-Channel Logout §2: the content security policy permits only the frames of the clients")]
    public async Task Page_can_frame_only_the_clients()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(frontChannel: new Uri(site.Address, "/logout")));
        string hint = (string)(await bed.TokensAsync(photos))["id_token"]!;

        using HttpResponseMessage page = await bed.GetAsync(
            EndSession(bed, ("id_token_hint", hint), ("post_logout_redirect_uri", PostLogoutRedirectUri))
        );
        string html = await page.Content.ReadAsStringAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                page.Headers.GetValues("Content-Security-Policy").Single(),
                Does.Contain($" frame-src {site.Address.GetLeftPart(UriPartial.Authority)};")
            );
            Assert.That(html, Does.Contain("<iframe hidden src=\"" + site.Address));
            Assert.That(html, Does.Contain("id=\"continue\"").And.Contain("location.replace"));
        }
    }
}
