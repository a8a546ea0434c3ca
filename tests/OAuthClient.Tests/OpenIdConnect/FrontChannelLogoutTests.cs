namespace OAuthClient.Tests;

/// <summary>Tests front-channel logout requests (OpenID Connect Front-Channel Logout §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FrontChannelLogoutTests
{
    [Test]
    [Description("A request with the user's issuer and session ends the grants of that session only")]
    public async Task The_session_of_the_user_ends()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, "laptop", ScriptedServer.Origin, "laptop");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "phone" }));
    }

    [Test]
    [Description("The session of the newest grant ends when the application does not know the user's session")]
    public async Task The_session_of_the_newest_grant_ends()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", "s1");
        Assert.That(
            async () => await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, null, ScriptedServer.Origin, "s2"),
            Throws.TypeOf<OAuthProtocolException>()
        );
        await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, null, ScriptedServer.Origin, "s1");
        Assert.That(await server.LeftAsync(), Is.Empty);
    }

    [TestCase("https://as.example/", "s1")]
    [TestCase("https://AS.example", "s1")]
    [TestCase(ScriptedServer.Origin, "s2")]
    [TestCase(ScriptedServer.Origin, null)]
    [TestCase(null, "s1")]
    [TestCase(null, null)]
    [Description(
        "A request with another issuer, another session, or without a required parameter is rejected, because any page can send it"
    )]
    public async Task Another_issuer_or_session_is_rejected(string? issuer, string? session)
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", "s1");
        Assert.That(
            async () => await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, "s1", issuer, session),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [TestCase(null, null), TestCase(ScriptedServer.Origin, "s2")]
    [Description(
        "Logout CSRF: for a user of the application who only connected an account, a request without a session or with "
            + "another session ends nothing"
    )]
    public async Task A_link_does_not_end_a_connection(string? issuer, string? session)
    {
        await using OpenIdServer server = new();
        await server.ConnectAsync(GrantOwner.User("42"), "alice", "s1");
        await server.ConnectAsync(GrantOwner.User("42"), "alice", null, new() { Scopes = ["openid", "photos"] });
        var before = await server.Store.FindAsync("", GrantOwner.User("42"), default);
        Assert.That(
            async () => await server.Logout.ProcessFrontChannelLogoutAsync(GrantOwner.User("42"), null, issuer, session),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Is.EqualTo(before));
    }

    [Test]
    [Description("When the application does not know the user's session, grants without a known session remain")]
    public async Task Grants_without_a_known_session_remain()
    {
        await using OpenIdServer server = new();
        await server.ConnectAsync(GrantOwner.User("42"), "alice", "s1");
        await server.ConnectAsync(
            GrantOwner.User("42"),
            "alice",
            null,
            new() { Scopes = ["openid", "photos"], Resources = [new("https://api.example")] }
        );
        Assert.That(
            await server.Store.FindAsync("", GrantOwner.User("42"), default),
            Has.Count.EqualTo(2),
            "neither grant replaces the other"
        );
        await server.Logout.ProcessFrontChannelLogoutAsync(GrantOwner.User("42"), null, ScriptedServer.Origin, "s1");
        Assert.That(
            (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Select(grant => grant.SessionId),
            Is.EqualTo(new string?[] { null })
        );
    }

    [Test]
    [Description("A server without session identifiers sends neither iss nor sid, and the signed-in user is signed out")]
    public async Task A_server_without_sessions_signs_the_user_out()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", sessionId: null);
        await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, null, null, null);
        Assert.That(await server.LeftAsync(), Is.Empty);
    }
}
