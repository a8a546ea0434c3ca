using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of logout tokens (OpenID Connect Back-Channel Logout §2.4, §2.6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LogoutTokenValidatorTests
{
    private static readonly long Now = SampleConfiguration.Now.ToUnixTimeSeconds();

    [TestCase(0, 120, true)]
    [TestCase(60, 120, true)]
    [TestCase(61, 120, false)]
    [TestCase(-360, 120, true)]
    [TestCase(-361, 120, false)]
    [TestCase(0, -59, true)]
    [TestCase(0, -60, false)]
    [Description(
        "§2.6: with one minute of clock skew, a token must not be expired, old or issued in the future; the failure is "
            + "transient, and the message mentions the clock"
    )]
    public void Expired_old_and_future_tokens_are_rejected(int issued, int ends, bool counts)
    {
        var claims = Claims(json =>
        {
            json["iat"] = Now + issued;
            json["exp"] = Now + ends;
        });
        if (counts)
        {
            Assert.That(claims().IssuedAt, Is.EqualTo(SampleConfiguration.Now.AddSeconds(issued)));
            return;
        }
        var exception = Assert.Throws<OAuthProtocolException>(() => claims())!;
        Assert.That(exception.IsTransient, Is.True);
        Assert.That(exception.Message, Does.Contain("expired").Or.Contain("clock"));
    }

    [Test]
    [Description("§2.4: the message names both issuers and not the subject")]
    public void Another_issuer_is_rejected()
    {
        var exception = Assert.Throws<OAuthProtocolException>(() => Claims(json => json["iss"] = "https://evil.example")())!;

        Assert.That(exception.Message, Does.Contain("'https://evil.example'").And.Contain(SampleConfiguration.Issuer));
        Assert.That(exception.IsTransient, Is.False);
        Assert.That(Claims(_ => { })().ToString(), Is.EqualTo("Logout token"));
    }

    private static Func<LogoutToken> Claims(Action<JsonObject> change)
    {
        JsonObject json = new()
        {
            ["iss"] = SampleConfiguration.Issuer,
            ["aud"] = "client-id",
            ["iat"] = Now,
            ["exp"] = Now + 120,
            ["jti"] = "j",
            ["sub"] = "alice",
            ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
        };
        change(json);
        var claims = StrictJson.TryParseObject(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()))!.Value;
        return () => LogoutTokenValidator.Validate(claims, SampleConfiguration.Issuer, "client-id", SampleConfiguration.Now);
    }
}
