using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests logout tokens that arrive while a login is being completed (OpenID Connect Back-Channel Logout §2.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LogoutDuringSignInTests
{
    [TestCase("alice", "s1"), TestCase("alice", null), TestCase(null, "s1")]
    [Description("A logout token that arrives between the token response and the write to the store fails the login, and no grant is kept")]
    public async Task A_logout_before_the_grant_is_stored_ends_the_login(string? subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        Assert.That(
            async () => await SignInMeanwhileAsync(server, subject, sessionId),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signed out at the server while")
        );
        Assert.That(await server.LeftAsync(), Is.Empty);
        await server.SignInAsync("alice", "s1");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }), "the next login succeeds, also in the same second");
    }

    [TestCase("bob", "s1"), TestCase("bob", null), TestCase(null, "s2"), TestCase("alice", "s2")]
    [Description("A logout token of another user or session does not affect the login")]
    public async Task A_logout_of_another_session_has_no_effect(string? subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        await SignInMeanwhileAsync(server, subject, sessionId);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Description(
        "A logout token that arrives after the tokens were requested prevents that a grant is made of them, also in the same second"
    )]
    public async Task A_logout_before_a_grant_is_created_ends_it(bool isMeanwhile)
    {
        await using OpenIdServer server = new();
        var grants = server.Script.Services.GetRequiredService<OAuthClientGrants>();
        var owner = GrantOwner.User("42");
        await server.AnsweredAsync("alice", "s1");
        if (!isMeanwhile)
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken());
        var response = await server.Client.RequestTokenAsync(TokenRequest.Extension("urn:example:grant", []));
        if (isMeanwhile)
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken());

        if (isMeanwhile)
        {
            Assert.That(
                async () => await grants.CreateGrantAsync(owner, response),
                Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signed out at the server while")
            );
        }
        else
        {
            await grants.CreateGrantAsync(owner, response);
        }
        Assert.That(await grants.ListAsync(owner), Has.Count.EqualTo(isMeanwhile ? 0 : 1));
    }

    [TestCase(-1, true), TestCase(0, false), TestCase(1, false)]
    [Description("A logout token that arrived before the code is sent fails a login whose ID Token is older, as its iat states")]
    public async Task A_logout_before_the_code_is_sent_ends_an_older_login(int issuedAfter, bool isOver)
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
        "Threat: a code is held back until after the logout. OpenID Connect Core §2: many servers set iat when the code "
            + "is redeemed, so auth_time is compared; without auth_time, iat is compared"
    )]
    public async Task A_code_that_is_redeemed_after_the_logout_is_rejected(
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
    [Description("A stored session began when its ID Token was issued; auth_time applies only to a login that is being completed")]
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
    [Description(
        "Logout tokens are kept for the lifetime of a pending authorization; the number is bounded, and the oldest is removed first"
    )]
    public void Logout_tokens_are_kept_for_the_lifetime_of_an_authorization()
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
            Assert.That(ended, Is.Zero, "no grant is stored yet");
        }
    }

    private static void Move(JsonObject claims, int seconds) => claims["iat"] = claims["iat"]!.GetValue<long>() + seconds;
}
