namespace OAuthClient.Tests;

/// <summary>The user's own browser says that they signed out at the server (OpenID Connect Front-Channel Logout §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FrontChannelLogoutTests
{
    [Test]
    [Description("Issuer and session are the user's: that session's grants end, and no other's")]
    public async Task The_users_own_session_ends()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, "laptop", ScriptedServer.Origin, "laptop");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "phone" }));
    }

    [Test]
    [Description("The session of the newest grant counts where the application does not know the user's")]
    public async Task The_session_of_the_grant()
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
        "Another issuer, another session, one without the other, or neither where the session is known: any page could send that, and nothing ends"
    )]
    public async Task Anybody_elses_word_is_refused(string? issuer, string? session)
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
    [Description("Logout CSRF: of a user of the application's own who only connected, nothing ends without a session, nor by another's")]
    public async Task A_link_ends_no_connection(string? issuer, string? session)
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
    [Description("Where the application does not know the user's session, grants of which no session is known stay")]
    public async Task Only_what_names_the_session_ends()
    {
        await using OpenIdServer server = new();
        await server.ConnectAsync(GrantOwner.User("42"), "alice", "s1");
        await server.ConnectAsync(
            GrantOwner.User("42"),
            "alice",
            null,
            new() { Scopes = ["openid", "photos"], Resources = [new("https://api.example")] }
        );
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Has.Count.EqualTo(2), "neither replaces the other");
        await server.Logout.ProcessFrontChannelLogoutAsync(GrantOwner.User("42"), null, ScriptedServer.Origin, "s1");
        Assert.That(
            (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Select(grant => grant.SessionId),
            Is.EqualTo(new string?[] { null })
        );
    }

    [Test]
    [Description("A server that names no sessions sends neither: the signed-in user is signed out")]
    public async Task Without_sessions()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", sessionId: null);
        await server.Logout.ProcessFrontChannelLogoutAsync(grant.Owner, null, null, null);
        Assert.That(await server.LeftAsync(), Is.Empty);
    }
}
