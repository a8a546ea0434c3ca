using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests logout tokens that arrive late or repeatedly (OpenID Connect Back-Channel Logout §2.6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LateLogoutTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [TestCase("alice", null), TestCase("alice", "s1"), TestCase(null, "s1")]
    [Description("§2.6: a session whose ID Token was issued after the logout token remains; both times are from the server's clock")]
    public async Task A_session_that_began_later_remains(string? subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        string token = server.LogoutToken(subject: subject, sessionId: sessionId);
        server.Script.Clock.Advance(Second);
        await server.SignInAsync();
        await server.ConnectAsync(GrantOwner.User("42"));

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);

        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    [TestCase(0, 1), TestCase(-1, 1), TestCase(1, 0)]
    [Description("§2.6: a session that began in the same second or earlier ends")]
    public async Task A_session_of_the_same_second_ends(int issuedAfter, int ended)
    {
        await using OpenIdServer server = new();
        string token = server.LogoutToken(sessionId: null);
        await server.SignInAsync(claims: claims => claims["iat"] = (long)claims["iat"]! + issuedAfter);
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(ended));
    }

    [Test]
    [Description("§2.7: a grant whose first ID Token has an unknown time of issue ends")]
    public async Task A_session_of_unknown_age_ends()
    {
        await using OpenIdServer server = new();
        string token = server.LogoutToken();
        server.Script.Clock.Advance(Second);
        Grant grant = new("g1", "", OpenIdServer.OwnerOf("alice"), ScriptedServer.Origin, "client") { Subject = "alice", SessionId = "s1" };
        await server.Store.AddAsync(grant, default);
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
    }

    [Test]
    [Description("A session begins with its first ID Token; a refreshed ID Token does not change that (OpenID Connect Core §12.2)")]
    public async Task A_refresh_does_not_make_a_session_newer()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(Second);
        string token = server.LogoutToken();
        server.Script.Clock.Advance(Second);
        await server.AnsweredAsync("alice", "s1", claims => claims.Remove("nonce"));
        await server.Client.GetAccessTokenAsync(grant.Owner, new() { RejectedToken = grant.AccessToken });
        Assert.That(
            (await server.Client.FindGrantAsync(grant.Owner))!.IdToken,
            Is.Not.EqualTo(grant.IdToken),
            "the refresh returned a new ID Token"
        );

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
    }

    [Test]
    [Description("The start of a session is stored with the grant and is known after a restart")]
    public async Task The_start_of_a_session_is_stored()
    {
        await using OpenIdServer server = new();
        string token = server.LogoutToken();
        server.Script.Clock.Advance(Second);
        var grant = await server.SignInAsync();
        await server.Store.RemoveAsync(grant, default);
        await server.Store.AddAsync(Grant.Unprotect(grant.Protect(data => data), data => data), default);

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [TestCase("alice", null), TestCase("alice", "s1"), TestCase(null, "s1")]
    [Description("§2.6: a jti is accepted once. A replayed token that arrives after a new login of the same second ends nothing")]
    public async Task A_replayed_token_ends_nothing(string? subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        string token = server.LogoutToken(subject: subject, sessionId: sessionId);
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
        await server.SignInAsync();

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);

        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
        Assert.That(
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(claims => claims["jti"] = "j2")),
            Is.EqualTo(1),
            "another token"
        );
        await server.SignInAsync("bob", "s2");
        string other = server.LogoutToken(subject: "bob", sessionId: "s2");
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(other), Is.EqualTo(1), "a server that reuses a jti");
    }

    [Test]
    [Description("§2.6: a replayed token does not affect a login of the same second that is being completed")]
    public async Task A_replayed_token_does_not_stop_a_login()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        string token = server.LogoutToken();
        await server.Logout.ProcessBackChannelLogoutAsync(token);

        await SignInDuringLogoutAsync(server, token);

        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [Test]
    [Description("A logout token that was issued before the ID Token does not affect the login that is being completed")]
    public async Task A_late_token_does_not_stop_a_login()
    {
        await using OpenIdServer server = new();
        string token = server.LogoutToken(sessionId: null);
        server.Script.Clock.Advance(Second);

        await SignInDuringLogoutAsync(server, token);

        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [Test]
    [Description(
        "A jti is cached after all grants ended: the server's retry after a failure ends the remaining grants, and a "
            + "replay of the retry ends nothing"
    )]
    public async Task A_retry_after_a_failure_is_processed()
    {
        FailingStore store = new(new InMemoryGrantStore(new ManualTimeProvider()));
        await using OpenIdServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        await server.SignInAsync("alice", "s1");
        await server.SignInAsync("alice", "s2");
        string token = server.LogoutToken(sessionId: null);
        store.RemovesBeforeRefusing = 1;
        Assert.That(async () => await server.Logout.ProcessBackChannelLogoutAsync(token), Throws.TypeOf<IOException>());
        Assert.That(await server.LeftAsync(), Has.Exactly(1).Items, "the first attempt failed after one grant");

        store.RemovesBeforeRefusing = null;
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
        await server.SignInAsync("alice", "s3");
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s3" }));
    }

    [Test]
    [Description("§2.6: a replay at the last moment at which the token is accepted ends nothing; after that the token is rejected")]
    public async Task A_jti_is_cached_while_the_token_is_accepted()
    {
        await using OpenIdServer server = new();
        string token = server.LogoutToken(claims => claims["exp"] = (long)claims["iat"]! + 30, sessionId: null);
        await server.Logout.ProcessBackChannelLogoutAsync(token);
        // The first ID Token has the same iat, although it is issued later.
        server.Script.Clock.Advance(TimeSpan.FromSeconds(90) - TimeSpan.FromTicks(1));
        await server.SignInAsync(claims: claims => claims["iat"] = (long)claims["iat"]! - 89);

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
        server.Script.Clock.Advance(TimeSpan.FromTicks(1));
        var refusal = Assert.ThrowsAsync<OAuthProtocolException>(() => server.Logout.ProcessBackChannelLogoutAsync(token));
        Assert.That(refusal!.Message, Does.Contain("expired"));
    }

    private static async Task SignInDuringLogoutAsync(OpenIdServer server, string logoutToken)
    {
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        server.Script.AnswersAsync(async sentRequest =>
        {
            var answer = server.Answer(sentRequest);
            if (sentRequest.Uri.AbsolutePath == "/token")
                await server.Logout.ProcessBackChannelLogoutAsync(logoutToken);
            return answer;
        });
        await server.SignIn.CompleteAsync(pending, response);
    }
}
