using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class RefreshTests
{
    [Test, Description("RFC 9700 §4.14.2: rotation")]
    public async Task Refresh_gives_a_new_refresh_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;

        string second = (string)(await Refreshed(bed, first))["refresh_token"]!;
        string third = (string)(await Refreshed(bed, second))["refresh_token"]!;

        Assert.That(new[] { first, second, third }, Is.Unique);
    }

    [Test, Description("RFC 9700 §4.14.2: reuse revokes the family")]
    public async Task Reuse_kills_the_whole_family()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;
        JsonObject second = await Refreshed(bed, first);

        string? reuse = await TestBed.ErrorAsync(await bed.RefreshAsync(first));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reuse, Is.EqualTo("invalid_grant"));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync((string)second["refresh_token"]!)), Is.EqualTo("invalid_grant"));
            Assert.That(await bed.UserInfoStatusAsync((string)second["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
        }
    }

    [Test, Description("RFC 9700 §4.14.2: reuse kills that grant, not the user's others")]
    public async Task Reuse_leaves_other_grants_alone()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string victim = (string)(await bed.TokensAsync())["refresh_token"]!;
        string bystander = (string)(await bed.TokensAsync())["refresh_token"]!;
        await Refreshed(bed, victim);
        await TestBed.ErrorAsync(await bed.RefreshAsync(victim));

        using HttpResponseMessage response = await bed.RefreshAsync(bystander);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 9700 §4.14.2: exactly one of parallel refreshes succeeds")]
    public async Task Of_parallel_refreshes_exactly_one_succeeds()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => bed.RefreshAsync(token)));

        Assert.That(responses.Count(response => response.IsSuccessStatusCode), Is.EqualTo(1));
    }

    [Test]
    public async Task Within_the_grace_period_reuse_gives_another_valid_successor()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RefreshTokenGracePeriod = TimeSpan.FromSeconds(10));
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;

        string one = (string)(await Refreshed(bed, first))["refresh_token"]!;
        bed.Clock.Advance(TimeSpan.FromSeconds(9));
        string other = (string)(await Refreshed(bed, first))["refresh_token"]!;
        await Refreshed(bed, one);
        await Refreshed(bed, other);

        Assert.That(other, Is.Not.EqualTo(one));
    }

    [Test]
    public async Task After_the_grace_period_reuse_kills_the_family()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RefreshTokenGracePeriod = TimeSpan.FromSeconds(10));
        string first = (string)(await bed.TokensAsync())["refresh_token"]!;
        string second = (string)(await Refreshed(bed, first))["refresh_token"]!;

        bed.Clock.Advance(TimeSpan.FromSeconds(10));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(first)), Is.EqualTo("invalid_grant"));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(second)), Is.EqualTo("invalid_grant"));
        }
    }

    [Test, Description("RFC 6749 §6: the server may keep the refresh token")]
    public async Task Without_rotation_the_refresh_token_stays_and_is_not_sent_again()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RotateRefreshTokens = false);
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        JsonObject once = await Refreshed(bed, token);
        JsonObject twice = await Refreshed(bed, token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(once.ContainsKey("refresh_token"), Is.False);
            Assert.That((string?)twice["access_token"], Is.Not.EqualTo((string?)once["access_token"]));
        }
    }

    [Test, Description("RFC 6749 §6: a narrower scope narrows the access token, not the refresh token")]
    public async Task Scope_can_be_narrowed_for_one_access_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        JsonObject narrow = await TestBed.JsonAsync(
            await bed.RefreshAsync((string)tokens["refresh_token"]!, ("scope", "api")),
            HttpStatusCode.OK
        );
        JsonObject wide = await Refreshed(bed, (string)narrow["refresh_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)narrow["scope"], Is.EqualTo("api"));
            Assert.That(narrow.ContainsKey("id_token"), Is.False);
            Assert.That((string?)wide["scope"], Is.EqualTo("openid profile api"));
            Assert.That(await bed.UserInfoStatusAsync((string)narrow["access_token"]!), Is.EqualTo(HttpStatusCode.Forbidden));
        }
    }

    [TestCase("scope", "openid email", "invalid_scope", Description = "RFC 6749 §6")]
    [TestCase("resource", "https://other.example.com", "invalid_target", Description = "RFC 8707 §2.2")]
    public async Task Asking_for_more_than_was_granted_is_refused_and_spends_nothing(string parameter, string value, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        string? refused = await TestBed.ErrorAsync(await bed.RefreshAsync(token, (parameter, value)));
        await Refreshed(bed, token);

        Assert.That(refused, Is.EqualTo(error));
    }

    [Test, Description("RFC 6749 §6, §10.4: bound to the client")]
    public async Task Refresh_token_of_another_client_is_refused_and_not_spent()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "thief", ClientSecret = "s" });
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        using HttpResponseMessage theft = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic("thief", "s"),
            ("grant_type", "refresh_token"),
            ("refresh_token", token)
        );
        await Refreshed(bed, token);

        Assert.That(await TestBed.ErrorAsync(theft), Is.EqualTo("invalid_grant"));
    }

    [Test]
    public async Task Refresh_token_expires()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RefreshTokenLifetime = TimeSpan.FromDays(2));
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        bed.Clock.Advance(TimeSpan.FromDays(2));

        Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(token)), Is.EqualTo("invalid_grant"));
    }

    [Test]
    public async Task Access_token_expires_by_the_clock()
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

    [Test]
    public async Task Access_tokens_can_be_expired_at_once_while_refresh_goes_on()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        bed.Server.ExpireAccessTokens();
        HttpStatusCode expired = await bed.UserInfoStatusAsync((string)tokens["access_token"]!);
        JsonObject refreshed = await Refreshed(bed, (string)tokens["refresh_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(expired, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await bed.UserInfoStatusAsync((string)refreshed["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task Everything_can_be_revoked_at_once()
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

    private static async Task<JsonObject> Refreshed(TestBed bed, string refreshToken) =>
        await TestBed.JsonAsync(await bed.RefreshAsync(refreshToken), HttpStatusCode.OK);
}
