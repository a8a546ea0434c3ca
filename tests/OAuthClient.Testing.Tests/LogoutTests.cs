using System.Net;
using System.Text.Json.Nodes;
using static OAuthClient.Testing.Tests.LogoutRequests;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests logout requests and their confirmation (OpenID Connect RP-Initiated Logout).</summary>
[TestFixture]
internal sealed class LogoutTests
{
    [Test, Description("OpenID Connect RP-Initiated Logout §2, §3: a hint for the session ends it without confirmation; state is returned")]
    public async Task Request_with_a_hint_ends_the_session()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);

        Uri? redirect = await bed.Server.SignOutAsync(
            EndSession(
                bed,
                ("id_token_hint", (string)tokens["id_token"]!),
                ("post_logout_redirect_uri", PostLogoutRedirectUri),
                ("state", "a b")
            ),
            browser.Cookies,
            confirm: false
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(redirect?.OriginalString, Is.EqualTo(PostLogoutRedirectUri + "&state=a%20b"));
            Assert.That(bed.Server.RequestsTo(TestEndpoint.EndSession), Has.Count.EqualTo(1));
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.False);
        }
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: without a hint, the user must confirm the logout")]
    public async Task Request_without_a_hint_requires_confirmation()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.TokensAsync(client, browser);
        Uri request = EndSession(bed, ("client_id", "photos"), ("post_logout_redirect_uri", PostLogoutRedirectUri), ("state", "s"));

        Uri? denied = await bed.Server.SignOutAsync(request, browser.Cookies, confirm: false);
        bool stillSignedIn = await IsSignedInAsync(bed, client, browser);
        Uri? confirmed = await bed.Server.SignOutAsync(request, browser.Cookies);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(denied, Is.Null);
            Assert.That(stillSignedIn, Is.True);
            Assert.That(confirmed?.OriginalString, Is.EqualTo(PostLogoutRedirectUri + "&state=s"));
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.False);
        }
    }

    [TestCase(
        "post_logout_redirect_uri",
        "http://127.0.0.1:5005/signed-out",
        "not registered",
        Description = "§3.1: URIs are compared exactly"
    )]
    [TestCase("client_id", "test-client", "a client other than client_id")]
    [TestCase("client_id", "unknown", "a client other than client_id")]
    [TestCase("id_token_hint", "e30.e30.", "not an ID Token that this server signed")]
    [TestCase("id_token_hint", "garbage", "not an ID Token that this server signed")]
    [Description("OpenID Connect RP-Initiated Logout §4: an invalid request does not redirect the browser and does not end the session")]
    public async Task Invalid_request_results_in_an_error_page(string parameter, string value, string expectedMessage)
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);
        Dictionary<string, string> parameters = new()
        {
            ["id_token_hint"] = (string)tokens["id_token"]!,
            ["post_logout_redirect_uri"] = PostLogoutRedirectUri,
            [parameter] = value,
        };

        Uri request = EndSession(bed, [.. parameters.Select(pair => (pair.Key, pair.Value))]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => bed.Server.SignOutAsync(request, browser.Cookies),
                Throws.InvalidOperationException.With.Message.Contains(expectedMessage)
            );
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.True);
        }
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: a redirect URI requires a client; a parameter must not be repeated")]
    public async Task Redirect_URI_without_a_client_and_repeated_parameters_are_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => bed.Server.SignOutAsync(EndSession(bed, ("post_logout_redirect_uri", PostLogoutRedirectUri))),
                Throws.InvalidOperationException.With.Message.Contains("requires an id_token_hint or a client_id")
            );
            Assert.That(
                () => bed.Server.SignOutAsync(EndSession(bed, ("state", "a"), ("state", "b"))),
                Throws.InvalidOperationException.With.Message.Contains("more than once")
            );
        }
    }

    [Test, Description("OpenID Connect Discovery §3, Back-Channel Logout §2.1, Front-Channel Logout §3: the metadata advertise logout")]
    public async Task Metadata_advertise_logout()
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

    [Test, Description("Antiforgery: another site cannot confirm the logout")]
    public async Task Confirmation_without_a_valid_ticket_is_rejected()
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

    [Test, Description("OpenID Connect RP-Initiated Logout §4: the client is validated again after the confirmation")]
    public async Task Client_removed_before_the_confirmation_results_in_an_error_page()
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

    [Test, Description("OpenID Connect RP-Initiated Logout §2: the endpoint supports GET and POST")]
    public async Task Request_can_be_sent_by_POST()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        string hint = (string)(await bed.TokensAsync(client))["id_token"]!;

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.EndSessionEndpoint,
            null,
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", PostLogoutRedirectUri)
        );

        Assert.That(response.Headers.Location?.OriginalString, Is.EqualTo(PostLogoutRedirectUri));
    }
}
