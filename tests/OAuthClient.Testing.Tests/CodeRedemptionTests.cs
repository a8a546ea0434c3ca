using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the redemption of authorization codes.</summary>
[TestFixture]
internal sealed class CodeRedemptionTests
{
    [TestCase("redirect_uri", TestBed.RedirectUri + "/", "invalid_grant", Description = "RFC 6749 §4.1.3")]
    [TestCase("redirect_uri", null, "invalid_request", Description = "RFC 6749 §4.1.3")]
    [TestCase("code_verifier", null, "invalid_grant", Description = "RFC 7636 §4.6")]
    [TestCase("code_verifier", "another-verifier-that-is-long-enough-to-be-one", "invalid_grant", Description = "RFC 7636 §4.6")]
    [TestCase("code_verifier", "short", "invalid_grant", Description = "RFC 7636 §4.1")]
    [TestCase("resource", "https://other.example.com", "invalid_target", Description = "RFC 8707 §2.2")]
    public async Task Invalid_redemption_is_rejected_and_invalidates_the_code(string parameter, string? value, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();

        string? rejected = await TestBed.ErrorAsync(await bed.RedeemAsync(code, (parameter, value)));
        using HttpResponseMessage again = await bed.RedeemAsync(code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(rejected, Is.EqualTo(error));
            // A request without a redirect URI is rejected before the code is redeemed.
            Assert.That(again.IsSuccessStatusCode, Is.EqualTo(error is "invalid_request"));
        }
    }

    [Test, Description("RFC 9700 §4.8.2: a verifier without a challenge indicates a PKCE downgrade attack")]
    public async Task Verifier_without_a_challenge_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RequirePkce = false);
        string code = await bed.CodeAsync(("code_challenge", null), ("code_challenge_method", null));

        Assert.That(await TestBed.ErrorAsync(await bed.RedeemAsync(code)), Is.EqualTo("invalid_grant"));
    }

    [Test, Description("RFC 6749 §4.1.2: a second redemption revokes the tokens of the first")]
    public async Task Replayed_code_is_rejected_and_revokes_its_tokens()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(code), HttpStatusCode.OK);
        HttpStatusCode before = await bed.UserInfoStatusAsync((string)tokens["access_token"]!);

        string? replay = await TestBed.ErrorAsync(await bed.RedeemAsync(code));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(before, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(replay, Is.EqualTo("invalid_grant"));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!)), Is.EqualTo("invalid_grant"));
        }
    }

    [Test, Description("RFC 6749 §4.1.2: a code is redeemed at most once, also by concurrent requests")]
    public async Task Exactly_one_of_several_concurrent_redemptions_succeeds()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => bed.RedeemAsync(code)));

        Assert.That(responses.Count(response => response.IsSuccessStatusCode), Is.EqualTo(1));
    }

    [Test, Description("RFC 6749 §4.1.2: a code is bound to its client; an attempt of another client does not invalidate it")]
    public async Task Code_of_another_client_is_rejected_and_stays_valid()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "other-client",
                ClientSecret = "s",
                RedirectUris = { TestBed.RedirectUri },
            }
        );
        string code = await bed.CodeAsync();

        using HttpResponseMessage other = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic("other-client", "s"),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier)
        );
        using HttpResponseMessage own = await bed.RedeemAsync(code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await TestBed.ErrorAsync(other), Is.EqualTo("invalid_grant"));
            Assert.That(own.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase(59, true)]
    [TestCase(60, false)]
    [Description("RFC 6749 §4.1.2: a code expires after its lifetime")]
    public async Task Code_is_valid_for_its_lifetime(int seconds, bool valid)
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();

        bed.Clock.Advance(TimeSpan.FromSeconds(seconds));
        using HttpResponseMessage response = await bed.RedeemAsync(code);

        Assert.That(response.IsSuccessStatusCode, Is.EqualTo(valid));
    }

    [Test, Description("RFC 6749 §5.1, §5.2: token responses and error responses disable caching")]
    public async Task Token_responses_disable_caching()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage success = await bed.RedeemAsync(await bed.CodeAsync());
        using HttpResponseMessage failure = await bed.RedeemAsync("made-up");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(success.Headers.CacheControl?.NoStore, Is.True);
            Assert.That(success.Headers.Pragma.ToString(), Is.EqualTo("no-cache"));
            Assert.That(success.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
            Assert.That(failure.Headers.CacheControl?.NoStore, Is.True);
        }
    }

    [TestCase(null, "invalid_request")]
    [TestCase("password", "unsupported_grant_type")]
    [TestCase("urn:openid:params:grant-type:ciba", "unsupported_grant_type")]
    [Description("RFC 6749 §5.2: a missing or unsupported grant type results in an error")]
    public async Task Unknown_grant_type_is_rejected(string? grantType, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.TokenEndpoint, ("grant_type", grantType))), Is.EqualTo(error));
    }

    [Test, Description("RFC 6749 §3.2: a parameter must not be repeated")]
    public async Task Repeated_parameter_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();

        string? error = await TestBed.ErrorAsync(await bed.RedeemAsync(await bed.CodeAsync(), ("state", "a"), ("state", "b")));

        Assert.That(error, Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 6749 §3.2: the client must use POST")]
    public async Task Token_endpoint_accepts_only_POST()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.TokenEndpoint);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
            Assert.That(response.Content.Headers.Allow, Is.EqualTo(["POST"]));
        }
    }

    [Test, Description("RFC 6749 §4.1.3: the body must be URL-encoded")]
    public async Task Token_endpoint_accepts_only_forms()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using StringContent json = new("""{"grant_type":"client_credentials"}""", Encoding.UTF8, "application/json");

        Assert.That(await TestBed.ErrorAsync(await bed.Http.PostAsync(bed.Server.TokenEndpoint, json)), Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 8707 §2.2: a token request can select some of the authorized resources")]
    public async Task Token_request_can_limit_the_resources()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer photos = await bed.Server.StartResourceServerAsync();
        await using TestResourceServer mail = await bed.Server.StartResourceServerAsync();
        string code = await bed.CodeAsync(("resource", photos.BaseAddress.OriginalString), ("resource", mail.BaseAddress.OriginalString));

        JsonObject tokens = await TestBed.JsonAsync(
            await bed.RedeemAsync(code, ("resource", photos.BaseAddress.OriginalString)),
            HttpStatusCode.OK
        );
        using HttpResponseMessage fromPhotos = await bed.GetAsync(new Uri(photos.BaseAddress, "/me"), (string?)tokens["access_token"]);
        using HttpResponseMessage fromMail = await bed.GetAsync(new Uri(mail.BaseAddress, "/me"), (string?)tokens["access_token"]);
        JsonObject refreshed = await TestBed.JsonAsync(
            await bed.RefreshAsync((string)tokens["refresh_token"]!, ("resource", mail.BaseAddress.OriginalString)),
            HttpStatusCode.OK
        );
        using HttpResponseMessage fromMailAfterRefresh = await bed.GetAsync(
            new Uri(mail.BaseAddress, "/me"),
            (string?)refreshed["access_token"]
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(fromPhotos.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(fromMail.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(fromMailAfterRefresh.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("IssueRefreshTokens = false omits the refresh token")]
    public async Task Refresh_token_can_be_omitted()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.IssueRefreshTokens = false);

        JsonObject tokens = await bed.TokensAsync();

        Assert.That(tokens.ContainsKey("refresh_token"), Is.False);
    }
}
