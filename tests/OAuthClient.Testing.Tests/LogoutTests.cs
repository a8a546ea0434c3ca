using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class LogoutTests
{
    private const string Afterwards = "http://127.0.0.1:5005/signed-out?from=here";
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    [Test, Description("OpenID Connect RP-Initiated Logout §2, §3: the hint names the session, state comes back, nobody is asked")]
    public async Task Client_signs_its_user_out()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);

        Uri? back = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", Afterwards), ("state", "a b")),
            browser.Cookies,
            confirm: false
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(back?.OriginalString, Is.EqualTo(Afterwards + "&state=a%20b"));
            Assert.That(bed.Server.RequestsTo(TestEndpoint.EndSession), Has.Count.EqualTo(1));
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.False);
        }
    }

    [
        Test,
        Description("OpenID Connect RP-Initiated Logout §2: an ID Token is good as a hint after it expired, and after its key was replaced")
    ]
    public async Task Old_id_token_is_as_good_a_hint()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);
        bed.Clock.Advance(TimeSpan.FromDays(1));
        bed.Server.RotateSigningKey(keepPrevious: false);

        Uri? back = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", Afterwards)),
            browser.Cookies,
            confirm: false
        );

        Assert.That(back?.OriginalString, Is.EqualTo(Afterwards));
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: without a hint the user is asked, lest any page sign people out")]
    public async Task User_is_asked_when_nothing_proves_which_session_is_meant()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.TokensAsync(client, browser);
        Uri request = EndSession(bed, ("client_id", "photos"), ("post_logout_redirect_uri", Afterwards), ("state", "s"));

        Uri? stayed = await bed.Server.SignOutAsync(request, browser.Cookies, confirm: false);
        bool signedInStill = await IsSignedInAsync(bed, client, browser);
        Uri? left = await bed.Server.SignOutAsync(request, browser.Cookies);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(stayed, Is.Null);
            Assert.That(signedInStill, Is.True);
            Assert.That(left?.OriginalString, Is.EqualTo(Afterwards + "&state=s"));
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.False);
        }
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: a hint about another session than the browser's proves nothing")]
    public async Task Hint_about_another_session_is_not_enough()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        JsonObject elsewhere = await bed.TokensAsync(client);
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.TokensAsync(client, browser);

        Uri? back = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)elsewhere["id_token"]!)),
            browser.Cookies,
            confirm: false
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(back, Is.Null);
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.True);
        }
    }

    [TestCase("post_logout_redirect_uri", "http://127.0.0.1:5005/signed-out", "not registered", Description = "§3.1: compared exactly")]
    [TestCase("client_id", "test-client", "another client")]
    [TestCase("client_id", "nobody", "another client")]
    [TestCase("id_token_hint", "e30.e30.", "no ID Token that this server signed")]
    [TestCase("id_token_hint", "garbage", "no ID Token that this server signed")]
    [Description("OpenID Connect RP-Initiated Logout §4: nobody is redirected, nobody is signed out")]
    public async Task Wrong_request_ends_on_a_page(string parameter, string value, string problem)
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);
        Dictionary<string, string> parameters = new()
        {
            ["id_token_hint"] = (string)tokens["id_token"]!,
            ["post_logout_redirect_uri"] = Afterwards,
            [parameter] = value,
        };

        Uri request = EndSession(bed, [.. parameters.Select(pair => (pair.Key, pair.Value))]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => bed.Server.SignOutAsync(request, browser.Cookies),
                Throws.InvalidOperationException.With.Message.Contains(problem)
            );
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.True);
        }
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: a redirect URI needs somebody whose it is; one parameter, one value")]
    public async Task Redirect_without_client_and_parameters_twice_are_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => bed.Server.SignOutAsync(EndSession(bed, ("post_logout_redirect_uri", Afterwards))),
                Throws.InvalidOperationException.With.Message.Contains("whose it is")
            );
            Assert.That(
                () => bed.Server.SignOutAsync(EndSession(bed, ("state", "a"), ("state", "b"))),
                Throws.InvalidOperationException.With.Message.Contains("more than once")
            );
        }
    }

    [TestCase("logout token")]
    [TestCase("userinfo")]
    [TestCase("other secret")]
    [Description("A hint must be an ID Token, not any JWT that this server or its client signed")]
    public async Task Jwt_of_another_kind_is_no_hint(string kind)
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "a secret of the thirty-two bytes that HS256 needs",
                RedirectUris = { TestBed.RedirectUri },
                UserInfoSigningAlgorithm = "RS256",
                IdTokenSigningAlgorithm = "HS256",
            }
        );
        JsonObject tokens = await bed.TokensAsync(client);
        using HttpResponseMessage userInfo = await bed.GetAsync(bed.Server.UserInfoEndpoint, (string)tokens["access_token"]!);
        string hint = kind switch
        {
            "logout token" => bed.Server.CreateLogoutToken(client, sessionId: "any"),
            "userinfo" => await userInfo.Content.ReadAsStringAsync(),
            _ => (string)tokens["id_token"]!,
        };
        if (kind is "other secret")
            bed.Server.AddClient(new TestClient { ClientId = "photos", ClientSecret = "another secret" });

        Assert.That(
            () => bed.Server.SignOutAsync(EndSession(bed, ("id_token_hint", hint))),
            Throws.InvalidOperationException.With.Message.Contains("no ID Token")
        );
    }

    [TestCase(Defect.IdTokenSecondAudience)]
    [TestCase(Defect.IdTokenDuplicateIssuer)]
    [TestCase(Defect.IdTokenUnsigned)]
    [TestCase(Defect.IdTokenKeyByUrl)]
    [Description("A hint that this server made badly is no better than any other")]
    public async Task Defective_id_token_is_no_hint(Defect defect)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.Defect = defect);
        string hint = (string)(await bed.TokensAsync())["id_token"]!;

        Assert.That(
            () => bed.Server.SignOutAsync(EndSession(bed, ("id_token_hint", hint))),
            Throws.InvalidOperationException.With.Message.Contains("no ID Token")
        );
    }

    [Test, Description("OpenID Connect Core §10.1: an ID Token by HS256 is a hint as well")]
    public async Task Hint_signed_with_the_clients_secret_is_good()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "a secret of the thirty-two bytes that HS256 needs",
                RedirectUris = { TestBed.RedirectUri },
                PostLogoutRedirectUris = { Afterwards },
                IdTokenSigningAlgorithm = "HS256",
            }
        );
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);

        Assert.That(
            await bed.Server.SignOutAsync(
                EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", Afterwards)),
                browser.Cookies,
                confirm: false
            ),
            Is.EqualTo(new Uri(Afterwards))
        );
    }

    [Test, Description("OpenID Connect Back-Channel Logout §2.7: what was for the time of the session is revoked, offline access is not")]
    public async Task Tokens_of_the_session_end_with_it()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject online = await bed.TokensAsync(client, browser);
        JsonObject offline = await bed.TokensAsync(client, browser, ("scope", "openid offline_access"));
        JsonObject elsewhere = await bed.TokensAsync(client);

        await bed.Server.SignOutAsync(bed.Server.EndSessionEndpoint, browser.Cookies);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bed.UserInfoStatusAsync((string)online["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await bed.UserInfoStatusAsync((string)offline["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await bed.UserInfoStatusAsync((string)elsewhere["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("OpenID Connect Back-Channel Logout §2.4, §2.5: every client of the session gets a token, and no other client does")]
    public async Task Clients_of_the_session_are_told_by_back_channel()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(backChannel: new Uri(site.Address, "/photos/logout")));
        bed.Server.AddClient(new TestClient { ClientId = "never", BackChannelLogoutUri = new Uri(site.Address, "/never") });
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

    [Test, Description("OpenID Connect Back-Channel Logout §2.8: the client's answer")]
    public async Task Logout_token_can_be_sent_at_any_time()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(backChannel: site.Address));

        HttpStatusCode well = await bed.Server.SendBackChannelLogoutAsync(photos, "bob");
        site.Answers = HttpStatusCode.BadRequest;
        HttpStatusCode ill = await bed.Server.SendBackChannelLogoutAsync(photos, subject: null, "one");

        JsonObject[] claims =
        [
            .. site.Requests.Select(request => Jose.Claims(Uri.UnescapeDataString(request.Body["logout_token=".Length..]))),
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((well, ill), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.BadRequest)));
            Assert.That(((string?)claims[0]["sub"], claims[0].ContainsKey("sid")), Is.EqualTo(("bob", false)));
            Assert.That((claims[1].ContainsKey("sub"), (string?)claims[1]["sid"]), Is.EqualTo((false, "one")));
            Assert.That((string?)claims[0]["jti"], Is.Not.EqualTo((string?)claims[1]["jti"]));
            Assert.That(() => bed.Server.SendBackChannelLogoutAsync(Photos()), Throws.ArgumentException);
        }
    }

    [Test, Description("A client that is down keeps nobody from signing out")]
    public async Task Unreachable_client_is_passed_over()
    {
        await using TestBed bed = await TestBed.StartAsync();
        ClientSite site = await ClientSite.StartAsync();
        await site.DisposeAsync();
        TestClient photos = bed.Server.AddClient(Photos(backChannel: site.Address));
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(photos, browser);

        Uri? back = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", Afterwards)),
            browser.Cookies
        );

        Assert.That(back?.OriginalString, Is.EqualTo(Afterwards));
    }

    [
        Test,
        Description("OpenID Connect Front-Channel Logout §2: the client's page in a frame, with iss and sid, and the browser's own cookies")
    ]
    public async Task Clients_of_the_session_are_loaded_in_frames()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(frontChannel: new Uri(site.Address, "/logout?a=b")));
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(photos, browser);

        Uri? back = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", Afterwards), ("state", "s")),
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
            Assert.That(back?.OriginalString, Is.EqualTo(Afterwards + "&state=s"), "after the frames, not before");
        }
    }

    [Test, Description("The page with frames shows those of the clients and nothing else, and goes on by itself")]
    public async Task Page_with_frames_may_frame_the_clients_only()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using ClientSite site = await ClientSite.StartAsync();
        TestClient photos = bed.Server.AddClient(Photos(frontChannel: new Uri(site.Address, "/logout")));
        string hint = (string)(await bed.TokensAsync(photos))["id_token"]!;

        using HttpResponseMessage page = await bed.GetAsync(
            EndSession(bed, ("id_token_hint", hint), ("post_logout_redirect_uri", Afterwards))
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

    [Test, Description("OpenID Connect Discovery §3, Back-Channel Logout §2.1, Front-Channel Logout §3")]
    public async Task Metadata_say_what_can_be_done()
    {
        await using TestBed bed = await TestBed.StartAsync();

        JsonObject metadata = await bed.MetadataAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)metadata["end_session_endpoint"], Is.EqualTo(bed.Server.EndSessionEndpoint.AbsoluteUri));
            foreach (
                string name in new[]
                {
                    "backchannel_logout_supported",
                    "backchannel_logout_session_supported",
                    "frontchannel_logout_supported",
                    "frontchannel_logout_session_supported",
                }
            )
                Assert.That((bool?)metadata[name], Is.True, name);
        }
    }

    [Test, Description("Antiforgery: another site cannot press the button")]
    public async Task Confirmation_without_ticket_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.TokensAsync(client, browser);
        using HttpRequestMessage forged = new(HttpMethod.Post, bed.Server.EndSessionEndpoint + "/confirm")
        {
            Content = new FormUrlEncodedContent([new("decision", "allow"), new("ticket", "e30.e30")]),
        };
        forged.Headers.Add("Cookie", browser.Cookies!.GetCookieHeader(bed.Server.Issuer));

        using HttpResponseMessage response = await bed.Http.SendAsync(forged);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.True);
        }
    }

    [Test]
    public async Task Client_that_is_gone_by_the_time_of_the_answer_gets_nobody_back()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.TokensAsync(client, browser);
        TaskCompletionSource release = new();
        bed.Server.Faults.Add(TestEndpoint.EndSession, Fault.HoldUntil(release.Task), when: request => request.Method is "POST");

        Task<Uri?> signOut = bed.Server.SignOutAsync(EndSession(bed, ("client_id", "photos")), browser.Cookies);
        await bed.Server.WaitForRequestAsync(TestEndpoint.EndSession, count: 2);
        bed.Server.RemoveClient("photos");
        release.SetResult();

        Assert.That(() => signOut, Throws.InvalidOperationException.With.Message.Contains("not registered"));
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: GET and POST")]
    public async Task Request_may_be_posted()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        string hint = (string)(await bed.TokensAsync(client))["id_token"]!;

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.EndSessionEndpoint,
            null,
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", Afterwards)
        );

        Assert.That(response.Headers.Location?.OriginalString, Is.EqualTo(Afterwards));
    }

    private static TestClient Photos(Uri? backChannel = null, Uri? frontChannel = null) =>
        new()
        {
            ClientId = "photos",
            ClientSecret = "secret",
            RedirectUris = { TestBed.RedirectUri },
            PostLogoutRedirectUris = { Afterwards },
            BackChannelLogoutUri = backChannel,
            FrontChannelLogoutUri = frontChannel,
        };

    private static Uri EndSession(TestBed bed, params (string Name, string Value)[] parameters) =>
        new(
            bed.Server.EndSessionEndpoint
                + "?"
                + string.Join('&', parameters.Select(pair => pair.Name + "=" + Uri.EscapeDataString(pair.Value)))
        );

    private static async Task<bool> IsSignedInAsync(TestBed bed, TestClient client, SignInOptions browser) =>
        TestBed
            .Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", client.ClientId), ("prompt", "none")), browser))
            .ContainsKey("code");
}
