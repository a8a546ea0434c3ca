using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>An ID Token that comes with a refresh (OpenID Connect Core §12.2): it may not cost the refresh token beside it, nor bring somebody else.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshedIdTokenTests
{
    [Test]
    [Description("The keys cannot be fetched: the rotated refresh token is kept all the same, and the first ID Token stays")]
    public async Task Keys_that_are_away_do_not_cost_the_grant()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.RotateSigningKey(keepPrevious: false);
        host.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(503));

        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.EqualTo(grant.AccessToken));
        var refreshed = await host.Client.FindGrantAsync(GrantOwner.User("42"));
        Assert.That(refreshed!.RefreshToken, Is.Not.EqualTo(grant.RefreshToken));
        Assert.That(refreshed.IdToken, Is.EqualTo(grant.IdToken));
    }

    [Test]
    [Description("A server that repeats the first, long expired ID Token: only that is dropped")]
    public async Task An_expired_one_is_dropped_and_the_tokens_beside_it_are_used()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnTokenResponse = response => response["id_token"] = grant.IdToken!.Reveal();

        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        var refreshed = await host.Client.FindGrantAsync(GrantOwner.User("42"));
        Assert.That(refreshed!.Generation, Is.EqualTo(grant.Generation + 1));
        Assert.That(refreshed.IdToken, Is.EqualTo(grant.IdToken));
    }

    [TestCase("iat", 120)]
    [TestCase("exp", -120)]
    [Description("A clock that is two minutes off is no forger: the new ID Token is dropped, the rotated refresh token is kept")]
    public async Task A_clock_that_is_off_does_not_cost_the_grant(string claim, int seconds)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = host.Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        await IsKeptWithoutTheNewIdTokenAsync(host, grant);
    }

    [TestCase("""{"keys":[]}""")]
    [TestCase("""{"keys":"soon"}""")]
    [Description("A key set that lags behind the rotation, or is broken for a moment, costs the new ID Token only")]
    public async Task Keys_that_lag_behind_do_not_cost_the_grant(string keys)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.RotateSigningKey(keepPrevious: false);
        host.Server.Faults.Add(TestEndpoint.Jwks, Fault.Body(keys));
        await IsKeptWithoutTheNewIdTokenAsync(host, grant);
    }

    [TestCase("nonce", "\"of-another-login\"", "another nonce")]
    [TestCase("auth_time", "5", "another auth_time")]
    [TestCase("at_hash", "\"AAAAAAAAAAAAAAAAAAAAAA\"", "at_hash")]
    [Description(
        "OpenID Connect Core §12.2, §3.1.3.8: nonce and auth_time of the first ID Token, and the hash of the access token beside it"
    )]
    public async Task One_about_another_authentication_is_refused(string claim, string value, string words)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = System.Text.Json.Nodes.JsonNode.Parse(value);
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains(words)
        );
        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.Generation, Is.EqualTo(grant.Generation));
    }

    [TestCase("aud", "another-client")]
    [TestCase("azp", "another-client")]
    [Description("OpenID Connect Core §12.2: an ID Token for another client is no matter of clocks")]
    public async Task One_for_another_client_is_refused(string claim, string value)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = value;
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.Generation, Is.EqualTo(grant.Generation));
    }

    private static async Task IsKeptWithoutTheNewIdTokenAsync(OAuthTestHost host, Grant grant)
    {
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.EqualTo(grant.AccessToken));
        var refreshed = await host.Client.FindGrantAsync(GrantOwner.User("42"));
        Assert.That(refreshed!.RefreshToken, Is.Not.EqualTo(grant.RefreshToken));
        Assert.That(refreshed.IdToken, Is.EqualTo(grant.IdToken));
        Assert.That(host.Log.Events(6), Has.Count.EqualTo(1), "and it is said");
    }

    [TestCase("sub", "another user")]
    [TestCase("iss", "another issuer")]
    [Description("OpenID Connect Core §12.2: iss and sub must be the same; tokens beside such an ID Token may be somebody else's")]
    public async Task One_about_somebody_else_is_refused_with_all_that_came_with_it(string claim, string words)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = "https://somebody.example";

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains(words)
        );
        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.Generation, Is.EqualTo(grant.Generation));
    }
}
