using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the options for what the server requires and narrows at a refresh.</summary>
[TestFixture]
internal sealed class RefreshOptionsTests
{
    private const string Claims = """{"access_token":{"acrs":{"essential":true,"value":"c1"}}}""";

    [TestCase("openid api", false, null)]
    [TestCase("openid api offline_access", true, null)]
    [TestCase("openid api offline_access", false, "api")]
    [TestCase("api", true, null)]
    [Description("OpenID Connect Core §11: with openid, a refresh token requires that offline_access is requested and granted")]
    public async Task A_refresh_token_requires_offline_access(string scope, bool issued, string? approved)
    {
        await using TestBed bed = await TestBed.StartAsync();
        Uri callback = await bed.Server.SignInAsync(
            bed.AuthorizationUri(("scope", scope)),
            new SignInOptions { ApprovedScopes = approved?.Split(' ') }
        );

        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);

        Assert.That(tokens.ContainsKey("refresh_token"), Is.EqualTo(issued));
    }

    [TestCase(true, true)]
    [TestCase(false, false)]
    [Description("RefreshTokenWithoutOfflineAccess issues one for openid alone; IssueRefreshTokens still turns off all")]
    public async Task A_refresh_token_without_offline_access_is_an_option(bool issueRefreshTokens, bool issued)
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            (options.RefreshTokenWithoutOfflineAccess, options.IssueRefreshTokens) = (true, issueRefreshTokens)
        );

        JsonObject tokens = await bed.TokensAsync(("scope", "openid"));

        Assert.That(tokens.ContainsKey("refresh_token"), Is.EqualTo(issued));
    }

    [Test, Description("With NarrowGrantAtRefresh, the grant keeps the scopes of the last refresh only")]
    public async Task A_refresh_with_fewer_scopes_narrows_the_grant()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.NarrowGrantAtRefresh = true);
        JsonObject tokens = await bed.TokensAsync(("scope", "api photos.read"));

        JsonObject narrow = await TestBed.JsonAsync(await RefreshAsync(bed, tokens, ("scope", "api")), HttpStatusCode.OK);
        string? refused = await TestBed.ErrorAsync(await RefreshAsync(bed, narrow, ("scope", "photos.read")));
        JsonObject last = await TestBed.JsonAsync(await RefreshAsync(bed, narrow), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)narrow["scope"], Is.EqualTo("api"));
            Assert.That(refused, Is.EqualTo("invalid_scope"));
            Assert.That((string?)last["scope"], Is.EqualTo("api"));
        }
    }

    [Test, Description("A refused refresh narrows nothing")]
    public async Task A_refused_refresh_does_not_narrow_the_grant()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.NarrowGrantAtRefresh = true);
        JsonObject tokens = await bed.TokensAsync(("scope", "api photos.read"));

        await TestBed.ErrorAsync(await RefreshAsync(bed, tokens, ("scope", "api profile")));
        JsonObject refreshed = await TestBed.JsonAsync(await RefreshAsync(bed, tokens), HttpStatusCode.OK);

        Assert.That((string?)refreshed["scope"], Is.EqualTo("api photos.read"));
    }

    [Test, Description("OpenID Connect Core §3.1.2.6: the scope is refused, and the refresh token stays valid for other scopes")]
    public async Task A_refresh_without_the_required_claims_is_refused()
    {
        await using TestBed bed = await StartWithRequiredClaimsAsync();
        JsonObject tokens = await bed.TokensAsync(("scope", "api photos.write"));

        JsonObject whole = await TestBed.JsonAsync(await RefreshAsync(bed, tokens), HttpStatusCode.BadRequest);
        JsonObject one = await TestBed.JsonAsync(await RefreshAsync(bed, tokens, ("scope", "photos.write")), HttpStatusCode.BadRequest);
        JsonObject other = await TestBed.JsonAsync(await RefreshAsync(bed, tokens, ("scope", "api")), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)whole["error"], Is.EqualTo("interaction_required"));
            Assert.That((string?)one["error"], Is.EqualTo("interaction_required"));
            Assert.That((string?)one["claims"], Is.EqualTo(Claims), "a text, as in an authorization request");
            Assert.That((string?)other["scope"], Is.EqualTo("api"));
        }
    }

    [TestCase(Claims, true)]
    [TestCase("""{"access_token":{"acrs":{"value":"c1","essential":true}}}""", true)]
    [TestCase("""{"access_token":{"acrs":{"essential":true,"value":"c2"}}}""", false)]
    [Description("OpenID Connect Core §5.5: an authorization with the claims is refreshed, whatever the order of the members")]
    public async Task A_refresh_after_an_authorization_with_claims(string claims, bool succeeds)
    {
        await using TestBed bed = await StartWithRequiredClaimsAsync();
        JsonObject tokens = await bed.TokensAsync(("scope", "api photos.write"), ("claims", claims));

        using HttpResponseMessage response = await RefreshAsync(bed, tokens);

        Assert.That(response.IsSuccessStatusCode, Is.EqualTo(succeeds));
    }

    private static Task<TestBed> StartWithRequiredClaimsAsync() =>
        TestBed.StartAsync(options => options.ClaimsRequiredAtRefresh["photos.write"] = JsonNode.Parse(Claims)!.AsObject());

    private static Task<HttpResponseMessage> RefreshAsync(TestBed bed, JsonObject tokens, params (string Name, string? Value)[] more) =>
        bed.RefreshAsync((string)tokens["refresh_token"]!, more);
}
