using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that the protocol does not depend on the culture: the casing of i, digits and the calendar.</summary>
[TestFixture("tr-TR")]
[TestFixture("ar-SA")]
[TestFixture("th-TH")]
[TestFixture("fa-IR")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class CultureTests(string culture)
{
    private CultureInfo before = CultureInfo.InvariantCulture;

    [SetUp]
    public void SetCulture()
    {
        before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
    }

    [TearDown]
    public void RestoreCulture() => CultureInfo.CurrentCulture = before;

    [Test]
    [Description("RFC 6749 §4.1.1: numbers and names in the authorization request do not depend on the culture")]
    public void The_authorization_request_is_the_same()
    {
        var pending = SampleRequest.Begin(
            SampleConfiguration.Create(o => o.Scopes = ["openid", "I", "i"]),
            SampleConfiguration.Server,
            new()
            {
                MaxAge = TimeSpan.FromSeconds(1234567),
                Additional = new Dictionary<string, string> { ["I\u0130\u0131"] = "I\u0130\u0131" },
            },
            SampleConfiguration.Now
        );
        var sent = QueryPairs.Single(pending.AuthorizationUri);

        Assert.That(sent["max_age"], Is.EqualTo("1234567"));
        Assert.That(sent["scope"], Is.EqualTo("openid I i"));
        Assert.That(sent["I\u0130\u0131"], Is.EqualTo("I\u0130\u0131"));
        Assert.That(pending.ExpiresAt, Is.EqualTo(SampleConfiguration.Now + TimeSpan.FromMinutes(10)));
        Assert.That(
            () =>
                SampleRequest.Begin(
                    SampleConfiguration.Create(),
                    SampleConfiguration.Server,
                    new() { Additional = new Dictionary<string, string> { ["REDIRECT_URI"] = "x" } },
                    SampleConfiguration.Now
                ),
            Throws.ArgumentException
        );
    }

    [Test]
    [Description("RFC 6749 §4.1.2: parameter names with i or I in the callback are matched ordinally")]
    public void The_callback_is_read_the_same()
    {
        var response = AuthorizationResponse.Parse("code=c&state=s&iss=https://I.example.com&ISS=x&\u0131ss=y");

        Assert.That(response.Issuer, Is.EqualTo("https://I.example.com"));
        Assert.That(
            PendingAuthorization.Unprotect(SampleAuthorization.Pending().Protect(data => data), data => data).ExpiresAt,
            Is.EqualTo(SampleAuthorization.Pending().ExpiresAt)
        );
    }

    [TestCase("HTTP://LOCALHOST/A", true)]
    [TestCase("HTTPS://I.EXAMPLE.COM", true)]
    [TestCase("http://localhost.evil.com", false)]
    [Description("RFC 3986 §3.1: schemes and hosts are compared without regard to case")]
    public void Addresses_are_validated_the_same(string address, bool safe) =>
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: true), Is.EqualTo(safe));

    [Test]
    [Description("OpenID Connect Core §3.1.3.7: times and names in an ID Token do not depend on the culture")]
    public void An_id_token_is_validated_the_same()
    {
        var claims = StrictJson
            .TryParseObject(
                Encoding.UTF8.GetBytes(
                    "{\"iss\":\"https://server.example.com\",\"aud\":\"client-id\",\"exp\":1893499200.5,\"iat\":1.8934992e9,\"sub\":\"I\"}"
                )
            )!
            .Value;

        Assert.That(
            IdTokenClaimsValidator.Validate(
                claims,
                SampleConfiguration.Issuer,
                SampleConfiguration.Create(),
                nonce: null,
                SampleConfiguration.Clock
            ),
            Is.EqualTo("I")
        );
        Assert.That(
            () =>
                IdTokenClaimsValidator.Validate(
                    claims,
                    SampleConfiguration.Issuer,
                    SampleConfiguration.Create(o => o.ClientId = "CLIENT-ID"),
                    nonce: null,
                    SampleConfiguration.Clock
                ),
            Throws.InstanceOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("RFC 6749 §10.14: text from the server is sanitized with ordinal comparisons")]
    public void Texts_are_cleaned_the_same()
    {
        Assert.That(ServerTextSanitizer.Clean("TITI titi", "titi"), Is.EqualTo("[redacted] [redacted]"));
        Assert.That(ScopeList.Split("I i \u0131"), Is.EqualTo(["I", "i", "\u0131"]));
    }

    [Test]
    [Description("RFC 6749 §4.1, §5.1, §6: authorization, token response and refresh, with BEARER as the token type")]
    public async Task The_complete_flow_is_the_same()
    {
        await using var server = await TestAuthorizationServer.StartAsync(o =>
        {
            o.RedirectUris.Add("http://127.0.0.1:5005/callback");
            o.OnTokenResponse = response => response["token_type"] = "BEARER";
        });
        var services = new ServiceCollection();
        services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = "test-client";
            o.ClientSecret = "test-secret";
            o.RedirectUri = new("http://127.0.0.1:5005/callback");
            o.Scopes = ["openid", "profile", "offline_access"];
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();

        var pending = await client.BeginAuthorizationAsync();
        var grant = await client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri)),
            GrantOwner.User("42")
        );
        Assert.That(
            await client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = grant.AccessToken }),
            Is.Not.EqualTo(grant.AccessToken)
        );
        var stored = Grant.Unprotect(grant.Protect(data => data), data => data);
        Assert.That(stored.AccessToken!.ExpiresAt, Is.EqualTo(grant.AccessToken!.ExpiresAt));
    }
}
