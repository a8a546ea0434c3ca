using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the authorization code flow end to end over real sockets: authorization, API calls, refresh, UserInfo and revocation.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationFlowTests
{
    private const string Callback = "http://127.0.0.1:5005/callback";

    [Test]
    [Description("RFC 6749 §4.1 (A to F) with PKCE (RFC 7636), state, nonce and iss, then refresh (RFC 6749 §6) and revocation (RFC 7009)")]
    public async Task The_complete_authorization_code_flow_succeeds()
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        await using var api = await server.StartResourceServerAsync();
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "photos-secret",
                RedirectUris = { Callback },
            }
        );

        var services = new ServiceCollection();
        services.AddOAuthClient(
            "photos",
            o =>
            {
                o.Issuer = server.Issuer;
                o.ClientId = "photos";
                o.ClientSecret = "photos-secret";
                o.RedirectUri = new(Callback);
                o.Scopes = ["openid", "profile", "offline_access"];
                o.DangerouslyAllowHttpOnLoopback = true;
            }
        );
        services
            .AddHttpClient("api", http => http.BaseAddress = api.BaseAddress)
            .AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User("42")).To(api.BaseAddress));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredKeyedService<IOAuthClient>("photos");

        var pending = await client.BeginAuthorizationAsync();
        var callback = await server.SignInAsync(pending.AuthorizationUri);
        var grant = await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), owner: GrantOwner.User("42"));
        Assert.That(grant.Subject, Is.Not.Null);
        Assert.That(grant.CanRefresh);

        var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        Assert.That(await http.GetStringAsync("/me"), Does.Contain("alice"));

        server.ExpireAccessTokens();
        Assert.That(await http.GetStringAsync("/me"), Does.Contain("alice"));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));

        var user = await client.GetUserInfoAsync(GrantOwner.User("42"));
        Assert.That(user.Subject, Is.EqualTo(grant.Subject));

        await client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(async () => await http.GetStringAsync("/me"), Throws.InstanceOf<ReauthorizationRequiredException>());
        Assert.That(await client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }
}
