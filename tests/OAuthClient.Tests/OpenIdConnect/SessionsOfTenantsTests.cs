using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>A server of many tenants, each an issuer of its own: none speaks for another's users.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SessionsOfTenantsTests
{
    private const string Good = ScriptedServer.Origin + "/good";

    [TestCase("alice", null), TestCase(null, "s1"), TestCase("alice", "s1")]
    [Description(
        "Threat: one tenant signs out another's users. OpenID Connect Back-Channel Logout §2.6: the issuer counts, not the subject or session alone"
    )]
    public async Task A_logout_token_of_another_tenant_ends_nothing(string? subject, string? sessionId)
    {
        await using var server = Server();
        var grant = await SignInAsync(server, "good");
        int ended = await server.Logout.ProcessBackChannelLogoutAsync(
            server.LogoutToken(Of("evil"), subject: subject, sessionId: sessionId)
        );
        Assert.That(ended, Is.Zero);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1"), Is.True);
        Assert.That(
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(Of("good"), subject: subject, sessionId: sessionId)),
            Is.EqualTo(1),
            "their own tenant's does"
        );
    }

    [Test]
    [Description(
        "OpenID Connect Front-Channel Logout §2: iss is that of the user's own tenant; another's, and what all tenants share, are refused"
    )]
    public async Task The_front_channel_names_the_users_own_tenant()
    {
        await using var server = Server();
        var grant = await SignInAsync(server, "good");
        foreach (string issuer in new[] { ScriptedServer.Origin + "/evil", ScriptedServer.Origin, ScriptedServer.Origin + "/{tenantid}" })
        {
            Assert.That(
                async () => await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, "s1", issuer, "s1"),
                Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("comes from"),
                issuer
            );
        }
        await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, "s1", Good, "s1");
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1"), Is.False);
    }

    private static OpenIdServer Server() => new(o => o.IssuerTemplate = ScriptedServer.Origin + "/{tenantid}");

    private static Task<Grant> SignInAsync(OpenIdServer server, string tenant) => server.SignInAsync("alice", "s1", Of(tenant));

    private static Action<JsonObject> Of(string tenant) =>
        claims =>
        {
            claims["iss"] = $"{ScriptedServer.Origin}/{tenant}";
            claims["tid"] = tenant;
        };
}
