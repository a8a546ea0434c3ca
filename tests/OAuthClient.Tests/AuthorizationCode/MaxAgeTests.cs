namespace OAuthClient.Tests;

/// <summary>
/// Tests max_age. The browser can change it in the authorization URI, so that the auth_time of the ID Token is checked (OpenID Connect Core
/// §3.1.3.7 (13)).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MaxAgeTests
{
    [TestCase(0, true, true)]
    [TestCase(3600, true, false)]
    [TestCase(0, false, false)]
    [Description("OpenID Connect Core §3.1.3.7 (13): an old sign-in is rejected and its tokens are not stored")]
    public async Task A_sign_in_that_is_old_or_of_unknown_age_does_not_complete(int ago, bool openid, bool accepted)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        host.Server.Options.OnIdTokenClaims = claims => claims["auth_time"] = (long)claims["auth_time"]! - ago;
        var pending = await host.Client.BeginAuthorizationAsync(new() { MaxAge = TimeSpan.FromMinutes(5) });
        // A user can change the address to avoid signing in again.
        string address = openid
            ? pending.AuthorizationUri.AbsoluteUri
            : pending.AuthorizationUri.AbsoluteUri.Replace("scope=openid", "scope=profile", StringComparison.Ordinal);
        var response = AuthorizationResponse.Parse(await host.Server.SignInAsync(new(address)));

        if (accepted)
        {
            Assert.That((await host.Client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("42"))).Subject, Is.Not.Null);
            return;
        }
        Assert.That(
            async () => await host.Client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("42")),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("max_age")
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }
}
