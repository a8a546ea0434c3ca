using System.Net;
using System.Text.Json.Nodes;
using static OAuthClient.Testing.Tests.LogoutRequests;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the ID Token hint of logout requests.</summary>
[TestFixture]
internal sealed class LogoutHintTests
{
    [Test, Description("OpenID Connect RP-Initiated Logout §2: an expired ID Token, or one with a former key, is a valid hint")]
    public async Task Expired_ID_Token_is_a_valid_hint()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);
        bed.Clock.Advance(TimeSpan.FromDays(1));
        bed.Server.RotateSigningKey(keepPrevious: false);

        Uri? redirect = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", PostLogoutRedirectUri)),
            browser.Cookies,
            confirm: false
        );

        Assert.That(redirect?.OriginalString, Is.EqualTo(PostLogoutRedirectUri));
    }

    [Test, Description("OpenID Connect RP-Initiated Logout §2: a hint for a different session requires confirmation")]
    public async Task Hint_for_another_session_requires_confirmation()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos());
        JsonObject otherSession = await bed.TokensAsync(client);
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.TokensAsync(client, browser);

        Uri? redirect = await bed.Server.SignOutAsync(
            EndSession(bed, ("id_token_hint", (string)otherSession["id_token"]!)),
            browser.Cookies,
            confirm: false
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(redirect, Is.Null);
            Assert.That(await IsSignedInAsync(bed, client, browser), Is.True);
        }
    }

    [TestCase("logout token")]
    [TestCase("userinfo")]
    [TestCase("other secret")]
    [Description("OpenID Connect RP-Initiated Logout §2: a hint must be an ID Token; other JWTs of the server are rejected")]
    public async Task JWT_of_another_kind_is_not_a_valid_hint(string kind)
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
            Throws.InvalidOperationException.With.Message.Contains("not an ID Token")
        );
    }

    [TestCase(Defect.IdTokenSecondAudience)]
    [TestCase(Defect.IdTokenDuplicateIssuer)]
    [TestCase(Defect.IdTokenUnsigned)]
    [TestCase(Defect.IdTokenKeyByUrl)]
    [Description("OpenID Connect RP-Initiated Logout §4: an ID Token with a defect is not a valid hint")]
    public async Task Defective_ID_Token_is_not_a_valid_hint(Defect defect)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.Defect = defect);
        string hint = (string)(await bed.TokensAsync())["id_token"]!;

        Assert.That(
            () => bed.Server.SignOutAsync(EndSession(bed, ("id_token_hint", hint))),
            Throws.InvalidOperationException.With.Message.Contains("not an ID Token")
        );
    }

    [Test, Description("OpenID Connect Core §10.1: an ID Token signed with HS256 is a valid hint")]
    public async Task Hint_signed_with_the_client_secret_is_valid()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "a secret of the thirty-two bytes that HS256 needs",
                RedirectUris = { TestBed.RedirectUri },
                PostLogoutRedirectUris = { PostLogoutRedirectUri },
                IdTokenSigningAlgorithm = "HS256",
            }
        );
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        JsonObject tokens = await bed.TokensAsync(client, browser);

        Assert.That(
            await bed.Server.SignOutAsync(
                EndSession(bed, ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", PostLogoutRedirectUri)),
                browser.Cookies,
                confirm: false
            ),
            Is.EqualTo(new Uri(PostLogoutRedirectUri))
        );
    }
}
