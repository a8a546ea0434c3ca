using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the refresh token grant and the lifetime of tokens.</summary>
[TestFixture]
internal sealed class RefreshTests
{
    [Test, Description("RFC 9700 §4.14.2: each refresh rotates the refresh token")]
    public async Task Refresh_returns_a_new_refresh_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;

        string second = (string)(await RefreshSuccessfullyAsync(bed, first))["refresh_token"]!;
        string third = (string)(await RefreshSuccessfullyAsync(bed, second))["refresh_token"]!;

        Assert.That(new[] { first, second, third }, Is.Unique);
    }

    [Test, Description("RFC 9700 §4.14.2: reuse of a refresh token revokes the grant")]
    public async Task Reuse_revokes_the_grant()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;
        JsonObject second = await RefreshSuccessfullyAsync(bed, first);

        string? reuse = await TestBed.ErrorAsync(await bed.RefreshAsync(first));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reuse, Is.EqualTo("invalid_grant"));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync((string)second["refresh_token"]!)), Is.EqualTo("invalid_grant"));
            Assert.That(await bed.UserInfoStatusAsync((string)second["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
        }
    }

    [Test, Description("RFC 9700 §4.14.2: reuse revokes only the grant of the token")]
    public async Task Reuse_does_not_revoke_other_grants()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string reused = (string)(await bed.TokensAsync())["refresh_token"]!;
        string other = (string)(await bed.TokensAsync())["refresh_token"]!;
        await RefreshSuccessfullyAsync(bed, reused);
        await TestBed.ErrorAsync(await bed.RefreshAsync(reused));

        using HttpResponseMessage response = await bed.RefreshAsync(other);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 9700 §4.14.2: a rotated refresh token is redeemed at most once, also by concurrent requests")]
    public async Task Exactly_one_of_several_concurrent_refreshes_succeeds()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => bed.RefreshAsync(token)));

        Assert.That(responses.Count(response => response.IsSuccessStatusCode), Is.EqualTo(1));
    }

    [Test, Description("RFC 9700 §4.14.2: within RefreshTokenGracePeriod, reuse does not revoke the grant")]
    public async Task Reuse_in_the_grace_period_returns_another_valid_refresh_token()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RefreshTokenGracePeriod = TimeSpan.FromSeconds(10));
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;

        string one = (string)(await RefreshSuccessfullyAsync(bed, first))["refresh_token"]!;
        bed.Clock.Advance(TimeSpan.FromSeconds(9));
        string other = (string)(await RefreshSuccessfullyAsync(bed, first))["refresh_token"]!;
        await RefreshSuccessfullyAsync(bed, one);
        await RefreshSuccessfullyAsync(bed, other);

        Assert.That(other, Is.Not.EqualTo(one));
    }

    [Test, Description("RFC 9700 §4.14.2: after RefreshTokenGracePeriod, reuse revokes the grant")]
    public async Task Reuse_after_the_grace_period_revokes_the_grant()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RefreshTokenGracePeriod = TimeSpan.FromSeconds(10));
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;
        string second = (string)(await RefreshSuccessfullyAsync(bed, first))["refresh_token"]!;

        bed.Clock.Advance(TimeSpan.FromSeconds(10));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(first)), Is.EqualTo("invalid_grant"));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(second)), Is.EqualTo("invalid_grant"));
        }
    }

    [Test, Description("RFC 6749 §6: without rotation, the response contains no refresh token")]
    public async Task Refresh_token_stays_valid_without_rotation()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RotateRefreshTokens = false);
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        JsonObject once = await RefreshSuccessfullyAsync(bed, token);
        JsonObject twice = await RefreshSuccessfullyAsync(bed, token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(once.ContainsKey("refresh_token"), Is.False);
            Assert.That((string?)twice["access_token"], Is.Not.EqualTo((string?)once["access_token"]));
        }
    }

    [Test, Description("RFC 6749 §6: a narrower scope applies to the access token, not to the refresh token")]
    public async Task Refresh_can_narrow_the_scope_of_the_access_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        JsonObject narrow = await TestBed.JsonAsync(
            await bed.RefreshAsync((string)tokens["refresh_token"]!, ("scope", "api")),
            HttpStatusCode.OK
        );
        JsonObject wide = await RefreshSuccessfullyAsync(bed, (string)narrow["refresh_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)narrow["scope"], Is.EqualTo("api"));
            Assert.That(narrow.ContainsKey("id_token"), Is.False);
            Assert.That((string?)wide["scope"], Is.EqualTo("openid profile api offline_access"));
            Assert.That(await bed.UserInfoStatusAsync((string)narrow["access_token"]!), Is.EqualTo(HttpStatusCode.Forbidden));
        }
    }

    [TestCase("scope", "openid email", "invalid_scope", Description = "RFC 6749 §6")]
    [TestCase("resource", "https://other.example.com", "invalid_target", Description = "RFC 8707 §2.2")]
    public async Task Request_beyond_the_grant_is_rejected_and_the_refresh_token_stays_valid(string parameter, string value, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        string? rejected = await TestBed.ErrorAsync(await bed.RefreshAsync(token, (parameter, value)));
        await RefreshSuccessfullyAsync(bed, token);

        Assert.That(rejected, Is.EqualTo(error));
    }

    [Test, Description("RFC 6749 §6, §10.4: a refresh token is bound to its client")]
    public async Task Refresh_token_of_another_client_is_rejected_and_stays_valid()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "other-client", ClientSecret = "s" });
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        using HttpResponseMessage other = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic("other-client", "s"),
            ("grant_type", "refresh_token"),
            ("refresh_token", token)
        );
        await RefreshSuccessfullyAsync(bed, token);

        Assert.That(await TestBed.ErrorAsync(other), Is.EqualTo("invalid_grant"));
    }

    [Test, Description("RFC 6749 §5.2: an expired refresh token results in invalid_grant")]
    public async Task Refresh_token_expires_after_its_lifetime()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RefreshTokenLifetime = TimeSpan.FromDays(2));
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        bed.Clock.Advance(TimeSpan.FromDays(2));

        Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(token)), Is.EqualTo("invalid_grant"));
    }

    [Test, Description("RFC 6749 §5.1: expires_in is the lifetime of the access token in seconds")]
    public async Task Access_token_expires_after_its_lifetime()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.AccessTokenLifetime = TimeSpan.FromMinutes(5));
        JsonObject tokens = await bed.TokensAsync();
        string token = (string)tokens["access_token"]!;

        bed.Clock.Advance(TimeSpan.FromSeconds(299));
        HttpStatusCode before = await bed.UserInfoStatusAsync(token);
        bed.Clock.Advance(TimeSpan.FromSeconds(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((long)tokens["expires_in"]!, Is.EqualTo(300));
            Assert.That(before, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await bed.UserInfoStatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
        }
    }

    [Test, Description("After ExpireAccessTokens, the refresh token is still valid")]
    public async Task ExpireAccessTokens_invalidates_access_tokens_only()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        bed.Server.ExpireAccessTokens();
        HttpStatusCode expired = await bed.UserInfoStatusAsync((string)tokens["access_token"]!);
        JsonObject refreshed = await RefreshSuccessfullyAsync(bed, (string)tokens["refresh_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(expired, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await bed.UserInfoStatusAsync((string)refreshed["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("RevokeEverything revokes access tokens, refresh tokens and authorization codes")]
    public async Task RevokeEverything_revokes_codes_and_tokens()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();
        string code = await bed.CodeAsync();

        bed.Server.RevokeEverything();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!)), Is.EqualTo("invalid_grant"));
            Assert.That(await TestBed.ErrorAsync(await bed.RedeemAsync(code)), Is.EqualTo("invalid_grant"));
        }
    }

    private static async Task<JsonObject> RefreshSuccessfullyAsync(TestBed bed, string refreshToken) =>
        await TestBed.JsonAsync(await bed.RefreshAsync(refreshToken), HttpStatusCode.OK);
}
