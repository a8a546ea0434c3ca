namespace OAuthClient.Tests;

/// <summary>
/// Tests RequiredAcrValues. The parameter acr_values is voluntary (OpenID Connect Core §5.5.1.1) and the browser can change it, so that the
/// acr claim of the ID Token is checked.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RequiredAcrValuesTests
{
    [TestCase("mfa", true)]
    [TestCase("phr", true)]
    [TestCase("pwd", false)]
    [TestCase(null, false)]
    [Description("OpenID Connect Core §3.1.3.7 (12): a sign-in without a required acr value is rejected and not stored")]
    public async Task A_sign_in_without_a_required_acr_value_is_rejected(string? acr, bool accepted)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        host.Server.Options.OnIdTokenClaims = claims => claims["acr"] = acr;
        AuthorizationParameters parameters = new() { RequiredAcrValues = ["phr", "mfa"] };

        if (accepted)
        {
            Assert.That((await host.SignInAsync(parameters: parameters)).Subject, Is.EqualTo("alice"));
            return;
        }
        Assert.That(
            async () => await host.SignInAsync(parameters: parameters),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("acr")
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("A sign-in without ID Token is rejected, because removing openid from the address would avoid the check")]
    public async Task A_sign_in_without_an_ID_Token_is_rejected()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        var pending = await host.Client.BeginAuthorizationAsync(new() { RequiredAcrValues = ["mfa"] });
        string address = pending.AuthorizationUri.AbsoluteUri.Replace("scope=openid", "scope=profile", StringComparison.Ordinal);
        var response = AuthorizationResponse.Parse(await host.Server.SignInAsync(new(address)));

        Assert.That(
            async () => await host.Client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("42")),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("RequiredAcrValues")
        );
    }

    [Test]
    [Description("OpenID Connect Core §3.1.2.1: the required values are sent as acr_values unless AcrValues is set")]
    public async Task The_required_values_are_sent()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        Assert.That(await SentAsync(new() { RequiredAcrValues = ["phr", "mfa"] }), Is.EqualTo("phr mfa"));
        Assert.That(await SentAsync(new() { RequiredAcrValues = ["phr"], AcrValues = "best" }), Is.EqualTo("best"));
        Assert.That(await SentAsync(new()), Is.Null);

        async Task<string?> SentAsync(AuthorizationParameters parameters) =>
            QueryPairs.Single((await host.Client.BeginAuthorizationAsync(parameters)).AuthorizationUri).GetValueOrDefault("acr_values");
    }

    [TestCase("a b")]
    [TestCase("")]
    [TestCase(null)]
    [Description("A required value that no acr claim can have throws ArgumentException")]
    public async Task An_invalid_required_value_throws(string? value)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(new() { RequiredAcrValues = [value!] }),
            Throws.ArgumentException.With.Message.Contains("acr value")
        );
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(new() { RequiredAcrValues = ["mfa"], Scopes = ["profile"] }),
            Throws.ArgumentException.With.Message.Contains("openid")
        );
    }
}
