using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>The server says that a user signed out there while their login is still being completed here (OpenID Connect Back-Channel Logout §2.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LogoutDuringSignInTests
{
    [TestCase("alice", "s1"), TestCase("alice", null), TestCase(null, "s1")]
    [Description("The word comes between the token response and the store: the login counts for nothing, and nothing is kept")]
    public async Task Between_the_answer_and_the_store(string? subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        Assert.That(
            async () => await SignInMeanwhileAsync(server, subject, sessionId),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signed out at the server while")
        );
        Assert.That(await server.LeftAsync(), Is.Empty);
        await server.SignInAsync("alice", "s1");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }), "and the next login counts, in the same second too");
    }

    [TestCase("bob", "s1"), TestCase("bob", null), TestCase(null, "s2"), TestCase("alice", "s2")]
    [Description("Another user's or session's end is not this one's")]
    public async Task Of_somebody_else(string? subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        await SignInMeanwhileAsync(server, subject, sessionId);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [TestCase(-1, true), TestCase(0, false), TestCase(1, false)]
    [Description("The word came before the code was sent: it counts against an ID Token that is older, as its iat says")]
    public async Task Before_the_code_is_sent(int issuedAfter, bool isOver)
    {
        await using OpenIdServer server = new();
        var (pending, response) = await server.AnsweredAsync("alice", "s1", claims => Move(claims, issuedAfter));
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.Zero);
        if (isOver)
            Assert.That(async () => await server.SignIn.CompleteAsync(pending, response), Throws.TypeOf<OAuthProtocolException>());
        else
            await server.SignIn.CompleteAsync(pending, response);
        Assert.That(await server.LeftAsync(), isOver ? Is.Empty : Is.EqualTo(new[] { "s1" }));
    }

    [TestCase("alice", null, "s1", -1, true), TestCase("alice", "s1", "s1", -1, true), TestCase(null, "s1", "s1", -1, true)]
    [TestCase("alice", null, "s1", 0, false), TestCase("alice", null, "s1", 1, false), TestCase("alice", "s1", "s1", 1, false)]
    [TestCase("alice", "s2", "s1", -1, false), TestCase("alice", "s1", null, -1, false), TestCase("bob", null, "s1", -1, false)]
    [TestCase("alice", null, "s1", null, false), TestCase("alice", "s1", "s1", null, false)]
    [Description(
        "Threat: a code is held back past the logout. OpenID Connect Core §2: many servers stamp iat when the code is redeemed; "
            + "auth_time says that the user was authenticated before the logout. Without auth_time iat counts"
    )]
    public async Task A_code_held_back_past_the_logout(
        string? subject,
        string? sessionId,
        string? ownSession,
        int? authenticatedAfter,
        bool isOver
    )
    {
        await using OpenIdServer server = new();
        long loggedOutAt = server.Script.Clock.GetUtcNow().ToUnixTimeSeconds();
        await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(subject: subject, sessionId: sessionId));
        server.Script.Clock.Advance(TimeSpan.FromSeconds(5));
        var (pending, response) = await server.AnsweredAsync(
            "alice",
            ownSession,
            claims =>
            {
                if (authenticatedAfter is { } seconds)
                    claims["auth_time"] = loggedOutAt + seconds;
            }
        );

        if (isOver)
        {
            Assert.That(
                async () => await server.SignIn.CompleteAsync(pending, response),
                Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signed out at the server")
            );
        }
        else
        {
            await server.SignIn.CompleteAsync(pending, response);
        }
        Assert.That(await server.LeftAsync(), isOver ? Is.Empty : Is.EqualTo(new[] { ownSession ?? "none" }));
    }

    [Test]
    [Description("A stored session began when its ID Token was issued: auth_time ends only a login that is being completed")]
    public async Task Auth_time_does_not_end_a_stored_session()
    {
        await using OpenIdServer server = new();
        string token = server.LogoutToken(sessionId: null);
        server.Script.Clock.Advance(TimeSpan.FromSeconds(5));
        await server.SignInAsync("alice", "s1", claims => claims["auth_time"] = claims["iat"]!.GetValue<long>() - 10);
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [Test]
    [Description("It is remembered for as long as an authorization may wait, and not longer; bounded, the oldest goes first")]
    public void Remembered_for_a_while()
    {
        ManualTimeProvider time = new();
        RecentLogoutTokens recentLogouts = new(time);
        var now = time.GetUtcNow();
        recentLogouts.Add(Of("first", now), TimeSpan.FromMinutes(10));
        Assert.That(IsKnown("first"), Is.True);
        time.Advance(TimeSpan.FromMinutes(10));
        recentLogouts.Add(Of("second", now), TimeSpan.FromMinutes(10));
        Assert.That((IsKnown("first"), IsKnown("second")), Is.EqualTo((false, true)));
        for (int i = 0; i < RecentLogoutTokens.Capacity - 1; i++)
            recentLogouts.Add(Of("x", now), TimeSpan.FromMinutes(10));
        Assert.That(IsKnown("second"), Is.True);
        recentLogouts.Add(Of("x", now), TimeSpan.FromMinutes(10));
        Assert.That(IsKnown("second"), Is.False);

        bool IsKnown(string subject) => recentLogouts.AnyAfter(now, 0, token => token.Subject == subject);

        static LogoutToken Of(string subject, DateTimeOffset issuedAt) => new(ScriptedServer.Origin, subject, null, issuedAt);
    }

    private static async Task<Grant> SignInMeanwhileAsync(OpenIdServer server, string? subject, string? sessionId)
    {
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        string token = server.LogoutToken(subject: subject, sessionId: sessionId);
        int? ended = null;
        server.Script.AnswersAsync(async sentRequest =>
        {
            var answer = server.Answer(sentRequest);
            if (sentRequest.Uri.AbsolutePath == "/token")
                ended = await server.Logout.ProcessBackChannelLogoutAsync(token);
            return answer;
        });
        try
        {
            return await server.SignIn.CompleteAsync(pending, response);
        }
        finally
        {
            server.Script.Answers(server.Answer);
            Assert.That(ended, Is.Zero, "there was nothing to end yet");
        }
    }

    private static void Move(JsonObject claims, int seconds) => claims["iat"] = claims["iat"]!.GetValue<long>() + seconds;
}
