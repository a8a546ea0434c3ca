using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests that a tenant of a multi-tenant server cannot end the sessions of another tenant's users.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SessionsOfTenantsTests
{
    private const string Good = ScriptedServer.Origin + "/good";

    [TestCase("alice", null), TestCase(null, "s1"), TestCase("alice", "s1")]
    [Description(
        "Threat: one tenant signs out another's users. OpenID Connect Back-Channel Logout §2.6: the issuer must match, "
            + "not only the subject or the session"
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
            "a token of the user's tenant ends the session"
        );
    }

    [Test]
    [Description(
        "OpenID Connect Front-Channel Logout §2: iss must be that of the user's tenant; another tenant's issuer, and the "
            + "address that all tenants share, are rejected"
    )]
    public async Task The_front_channel_issuer_must_be_the_users_tenant()
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
