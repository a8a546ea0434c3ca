using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the ID Token of a refresh response (OpenID Connect Core §12.2): it must not cost the refresh token, nor belong to another user.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshedIdTokenTests
{
    [Test]
    [Description("The keys are unavailable: the rotated refresh token is kept, and so is the first ID Token")]
    public async Task Unavailable_keys_do_not_cost_the_grant()
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
    [Description("A server that repeats the first, long expired ID Token: only the ID Token is ignored")]
    public async Task An_expired_ID_Token_is_ignored_and_the_tokens_are_used()
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
    [Description("A clock that differs by two minutes is not a forgery: the new ID Token is ignored, the rotated refresh token is kept")]
    public async Task A_clock_difference_does_not_cost_the_grant(string claim, int seconds)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = host.Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        await IsKeptWithoutTheNewIdTokenAsync(host, grant);
    }

    [TestCase("""{"keys":[]}""")]
    [TestCase("""{"keys":"soon"}""")]
    [Description("A key set that lags behind the rotation, or is temporarily broken, costs only the new ID Token")]
    public async Task Outdated_keys_do_not_cost_the_grant(string keys)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.RotateSigningKey(keepPrevious: false);
        host.Server.Faults.Add(TestEndpoint.Jwks, Fault.Body(keys));
        await IsKeptWithoutTheNewIdTokenAsync(host, grant);
    }

    [Test]
    [Description("OpenID Connect Core §12.2: the first refresh of an imported grant validates the ID Token, for which it loads the keys")]
    public async Task The_first_refresh_of_an_import_loads_the_keys()
    {
        await using var host = await ImportWithoutKeysAsync(["openid"]);
        await GrantsOf(host).RefreshAsync(GrantOwner.User("42"));

        Assert.That((await GrantsOf(host).ListAsync(GrantOwner.User("42"))).Single().IdToken, Is.Not.Null);
        Assert.That(host.Log.Events(305), Is.Empty);
    }

    [Test]
    [Description("An ID Token that the scopes did not let expect is left out, and the log states that no loaded key verifies it")]
    public async Task An_ID_Token_without_loaded_keys_is_left_out()
    {
        await using var host = await ImportWithoutKeysAsync(["api"]);
        await GrantsOf(host).RefreshAsync(GrantOwner.User("42"));

        Assert.That((await GrantsOf(host).ListAsync(GrantOwner.User("42"))).Single().IdToken, Is.Null);
        Assert.That(host.Log.Events(305).Single().Message, Does.Contain("no loaded key of the server verifies its signature"));
    }

    // The keys of the sign-in have expired since.
    private static async Task<OAuthTestHost> ImportWithoutKeysAsync(string[] scopes)
    {
        var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var source = await host.SignedInAsync(owner: "source");
        await host.Store.RemoveAsync(source, default);
        await GrantsOf(host).ImportGrantAsync(GrantOwner.User("42"), new(source.RefreshToken!.Reveal()) { Scopes = scopes });
        host.Clock.Advance(TimeSpan.FromHours(25));
        return host;
    }

    private static OAuthClientGrants GrantsOf(OAuthTestHost host) =>
        host.Services.GetRequiredKeyedService<OAuthClientGrants>(OAuthTestHost.ClientName);

    private static async Task IsKeptWithoutTheNewIdTokenAsync(OAuthTestHost host, Grant grant)
    {
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.EqualTo(grant.AccessToken));
        var refreshed = await host.Client.FindGrantAsync(GrantOwner.User("42"));
        Assert.That(refreshed!.RefreshToken, Is.Not.EqualTo(grant.RefreshToken));
        Assert.That(refreshed.IdToken, Is.EqualTo(grant.IdToken));
        Assert.That(host.Log.Events(305), Has.Count.EqualTo(1), "and a warning is logged");
    }
}
