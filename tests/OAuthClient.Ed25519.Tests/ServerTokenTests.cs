using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Tests the further JWTs that a server signs with Ed25519 (RFC 8037 §3.1).</summary>
[TestFixture]
public sealed class ServerTokenTests
{
    [TestCase("jwt")]
    [TestCase("query.jwt")]
    [TestCase("form_post.jwt")]
    [Description("JWT Secured Authorization Response Mode §2.3: a signed response")]
    public async Task A_signed_authorization_response(string mode)
    {
        await using var host = await ServerTokens.StartAsync(options: o => o.ResponseMode = mode);
        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));

        host.Server.Options.Defect = Defect.SignedResponseBadSignature;
        Assert.That(async () => await host.SignInAsync(), Refused);
    }

    [Test]
    [Description("OpenID Connect Core §5.3.2: a signed UserInfo response")]
    public async Task Signed_user_info()
    {
        await using var host = await ServerTokens.StartAsync();
        host.Server.AddClient(Client(userInfo: "EdDSA"));
        await host.SignInAsync();
        Assert.That((await host.Client.GetUserInfoAsync(GrantOwner.User("42"))).Subject, Is.EqualTo("alice"));

        host.Server.Options.Defect = Defect.UserInfoBadSignature;
        Assert.That(async () => await host.Client.GetUserInfoAsync(GrantOwner.User("42")), Refused);
    }

    [Test]
    [Description("RFC 9701 §5: a signed introspection response, by an algorithm of its own list")]
    public async Task A_signed_introspection_response()
    {
        await using var host = await ServerTokens.StartAsync(
            "RS256",
            o => (o.SignedIntrospectionResponses, o.IntrospectionSigningAlgorithms) = (true, ["Ed25519"])
        );
        host.Server.AddClient(Client(introspection: "Ed25519"));
        await host.SignInAsync();
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        var introspection = host.Services.GetRequiredService<TokenIntrospection>();
        Assert.That((await introspection.IntrospectAsync(token)).IsActive);

        host.Server.Options.Defect = Defect.IntrospectionBadSignature;
        Assert.That(async () => await introspection.IntrospectAsync(token), Refused);
    }

    [Test]
    [Description("OpenID Connect Back-Channel Logout §2.6: a signed logout token; a changed one ends nothing")]
    public async Task A_logout_token()
    {
        var key = Ed25519SigningKey.Create();
        await using var host = await ServerTokens.StartAsync(server: o =>
            o.OnJwks = set =>
            {
                var jwk = JsonNode.Parse(key.PublicJwk)!.AsObject();
                (jwk["kid"], jwk["alg"], jwk["use"]) = ("logout", "EdDSA", "sig");
                set["keys"]!.AsArray().Add((JsonNode)jwk);
            }
        );
        await host.SignInAsync();
        var logout = host.Services.GetRequiredService<OpenIdLogout>();
        string token = await LogoutTokenAsync(host, key);
        string forged = await LogoutTokenAsync(host, Ed25519SigningKey.Create());

        Assert.That(async () => await logout.ProcessBackChannelLogoutAsync(forged), Refused);
        Assert.That(await logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
    }

    private static NUnit.Framework.Constraints.Constraint Refused =>
        Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signature does not verify");

    private static TestClient Client(string? userInfo = null, string? introspection = null) =>
        new()
        {
            ClientId = OAuthTestHost.ClientName,
            ClientSecret = OAuthTestHost.ClientSecret,
            RedirectUris = { OAuthTestHost.Callback },
            UserInfoSigningAlgorithm = userInfo,
            IntrospectionSigningAlgorithm = introspection,
        };

    private static async Task<string> LogoutTokenAsync(OAuthTestHost host, Ed25519SigningKey key)
    {
        long now = host.Clock.GetUtcNow().ToUnixTimeSeconds();
        JsonObject claims = new()
        {
            ["iss"] = host.Server.Issuer.OriginalString,
            ["aud"] = OAuthTestHost.ClientName,
            ["sub"] = "alice",
            ["iat"] = now,
            ["exp"] = now + 60,
            ["jti"] = Guid.NewGuid().ToString(),
            ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
        };
        string input = Encode("""{"alg":"EdDSA","typ":"logout+jwt","kid":"logout"}""") + "." + Encode(claims.ToJsonString());
        byte[] signature = await key.SignAsync(Encoding.ASCII.GetBytes(input), CancellationToken.None);
        return input + "." + Base64Url.EncodeToString(signature);
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
