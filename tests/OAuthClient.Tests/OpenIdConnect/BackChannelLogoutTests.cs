using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests back-channel logout requests (OpenID Connect Back-Channel Logout).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BackChannelLogoutTests
{
    [TestCase(null, "laptop", 1, "phone")]
    [TestCase("alice", "laptop", 1, "phone")]
    [TestCase("alice", null, 2, "")]
    [TestCase("bob", "laptop", 0, "phone laptop")]
    [TestCase("alice", "another", 0, "phone laptop")]
    [TestCase(null, "another", 0, "phone laptop")]
    [Description(
        "Module rp-backchannel-rpinitlogout, §2.4: sid ends that session, sub all sessions of the user, and both only the "
            + "sessions that match both; a token without a matching session is not an error"
    )]
    public async Task The_grants_of_the_session_end(string? subject, string? sessionId, int ended, string left)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        await server.SignInAsync("bob", "bobs");

        Assert.That(
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(subject: subject, sessionId: sessionId)),
            Is.EqualTo(ended)
        );

        Assert.That(await server.LeftAsync(), Is.EqualTo(left.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That(await server.LeftAsync("bob"), Is.EqualTo(new[] { "bobs" }));
        Assert.That(server.Revoked, Is.Empty, "the server decides which tokens end");
        Assert.That(server.Script.Log.Events(404), Has.Count.EqualTo(ended > 0 ? 1 : 0));
    }

    [Test]
    [Description(
        "§2.7: grants end for each owner, including users of the application who connected an account; a grant without a "
            + "known session ends with its user's sessions"
    )]
    public async Task Grants_of_all_owners_end()
    {
        await using OpenIdServer server = new();
        await server.ConnectAsync(GrantOwner.User("42"), "alice", "s1");
        await server.ConnectAsync(GrantOwner.User("43"), "alice", sessionId: null);
        await server.ConnectAsync(GrantOwner.User("44"), "alice", "s2");
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.EqualTo(2));
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("43")), Is.Null);
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("44")), Is.Not.Null);
    }

    [TestCase("alg", "signed with 'HS256'")]
    [TestCase("iss", "iss is 'https://other.example'")]
    [TestCase("nonce", "has a nonce")]
    [TestCase("kid", "None of the server's keys")]
    [Description("§2.6: header, issuer, claims and signature are each validated, and the session remains")]
    public async Task A_defective_token_is_rejected(string defect, string words)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        string header = $$"""{"alg":"{{(defect == "alg" ? "HS256" : "RS256")}}","kid":"{{(defect == "kid" ? "key-2" : "key-1")}}"}""";
        string token = server.LogoutToken(
            claims =>
            {
                if (defect is "iss" or "nonce")
                    claims[defect] = "https://other.example";
            },
            header
        );
        Assert.That(
            async () => await server.Logout.ProcessBackChannelLogoutAsync(token),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words)
        );
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [Test]
    [Description(
        "§4.1, cross-JWT confusion: neither an ID Token, which the browser can read, nor malformed text is accepted as a logout token"
    )]
    public async Task An_ID_Token_is_not_a_logout_token()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        Assert.That(
            async () => await server.Logout.ProcessBackChannelLogoutAsync(grant.IdToken!.Reveal()),
            Throws.TypeOf<OAuthProtocolException>()
        );
        string good = server.LogoutToken();
        int signature = good.LastIndexOf('.') + 1;
        string tampered = $"{good[..signature]}{(good[signature] == 'A' ? 'B' : 'A')}{good[(signature + 1)..]}";
        foreach (string garbage in new[] { "", "...", "a.b.c", tampered, good + ".x.y" })
            Assert.That(async () => await server.Logout.ProcessBackChannelLogoutAsync(garbage), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [Test]
    [Description("§4.1: a logout token is not accepted as an ID Token, although the same key signed it")]
    public async Task A_logout_token_is_not_an_ID_Token()
    {
        await using OpenIdServer server = new();
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        string token = server.LogoutToken(claims =>
            claims["nonce"] = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["nonce"].ToString()
        );
        server.Script.Answers(sentRequest =>
            sentRequest.Uri.AbsolutePath == "/token"
                ? ScriptedServer.Json(200, $$"""{"access_token":"at","token_type":"Bearer","id_token":"{{token}}"}""")
                : server.Answer(sentRequest)
        );
        Assert.That(
            async () => await server.SignIn.CompleteAsync(pending, response),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("typ")
        );
    }

    [Test]
    [Description("Rotation race: a refresh in progress does not restore the grant, and no caller gets its token")]
    public async Task A_refresh_in_progress_does_not_restore_the_grant()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        TaskCompletionSource asked = new();
        TaskCompletionSource release = new();
        server.Script.AnswersAsync(async sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath == "/token")
            {
                asked.SetResult();
                await release.Task;
            }
            return server.Answer(sentRequest);
        });
        var refresh = server.Client.GetAccessTokenAsync(grant.Owner).AsTask();
        await asked.Task.Promptly();

        Assert.That(
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()).Promptly(),
            Is.EqualTo(1),
            "the logout does not wait for the refresh"
        );
        release.SetResult();

        Assert.That(async () => await refresh.Promptly(), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(grant.Owner).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
    }

    [Test]
    [Description("A refreshed grant whose write to the store failed, and which is kept in memory, ends as well")]
    public async Task A_grant_that_is_not_stored_yet_ends()
    {
        FailingStore? store = null;
        await using OpenIdServer server = new(registerFirst: services =>
            services.AddSingleton<IGrantStore>(store = new FailingStore(new InMemoryGrantStore(new ManualTimeProvider())))
        );
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        store!.RefusesToSave = true;
        await server.Client.GetAccessTokenAsync(grant.Owner);

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.EqualTo(1));
        store.RefusesToSave = false;
        Assert.That(async () => await server.Client.GetAccessTokenAsync(grant.Owner), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(server.Script.Services.GetRequiredService<ClientHealth>().GetProblems(), Is.Empty);
    }

    [Test]
    [Description("A grant that the store cannot remove is an error, so the server retries")]
    public async Task A_store_failure_is_an_error()
    {
        FailingStore? store = null;
        await using OpenIdServer server = new(registerFirst: services =>
            services.AddSingleton<IGrantStore>(store = new FailingStore(new InMemoryGrantStore(new ManualTimeProvider())))
        );
        await server.SignInAsync();
        store!.RefusesToRemove = true;
        string token = server.LogoutToken();
        Assert.That(async () => await server.Logout.ProcessBackChannelLogoutAsync(token), Throws.TypeOf<IOException>());
        store.RefusesToRemove = false;
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
    }

    [Test]
    [Description("Threat: one user's grants to another. The same subject of another client or server is another user")]
    public async Task The_same_subject_of_another_client_is_not_affected()
    {
        await using OpenIdServer server = new();
        foreach (var (id, origin, client) in new[] { ("g1", ScriptedServer.Origin, "another"), ("g2", "https://other.example", "client") })
            await server.Store.AddAsync(
                new Grant(id, "", GrantOwner.User("42"), origin, client) { Subject = "alice", SessionId = "s1" },
                default
            );
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.Zero);
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Without a known issuer a logout token cannot be validated")]
    public async Task Without_an_issuer_the_token_is_rejected()
    {
        await using ScriptedServer server = new();
        var logout = server.Services.GetRequiredService<OpenIdLogout>();
        Assert.That(
            async () => await logout.ProcessBackChannelLogoutAsync("a.b.c"),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("Set Issuer")
        );
    }
}
