namespace OAuthClient.Tests;

/// <summary>acr_values alone is a wish (OpenID Connect Core §5.5.1.1), and stands in an address that the browser can change; what was demanded is held against the ID Token.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RequiredAcrValuesTests
{
    [TestCase("mfa", true)]
    [TestCase("phr", true)]
    [TestCase("pwd", false)]
    [TestCase(null, false)]
    [Description("OpenID Connect Core §3.1.3.7 (12): another authentication than was demanded does not complete, and is not kept")]
    public async Task Another_authentication_than_demanded_does_not_complete(string? acr, bool accepted)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        host.Server.Options.OnIdTokenClaims = claims => claims["acr"] = acr;
        AuthorizationParameters demand = new() { RequiredAcrValues = ["phr", "mfa"] };

        if (accepted)
        {
            Assert.That((await host.SignInAsync(parameters: demand)).Subject, Is.EqualTo("alice"));
            return;
        }
        Assert.That(
            async () => await host.SignInAsync(parameters: demand),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("acr")
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("Whoever takes openid out of the address gets no further than without the demanded acr")]
    public async Task Without_an_ID_Token_it_does_not_complete()
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
    [Description("OpenID Connect Core §3.1.2.1: the demand goes out as acr_values, unless those say something else")]
    public async Task The_demand_is_sent()
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
    [Description("A demand that nothing could meet is a mistake of the caller's")]
    public async Task A_demand_that_makes_no_sense_is_refused(string? value)
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
