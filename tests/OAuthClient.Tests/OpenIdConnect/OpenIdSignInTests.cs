namespace OAuthClient.Tests;

/// <summary>Users whom nobody knew before: who they are is the server's word (OpenID Connect Core §3.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OpenIdSignInTests
{
    private static readonly TimeSpan Fortnight = TimeSpan.FromDays(14);

    [Test]
    [Description("OpenID Connect Core §2: the owner is made of issuer and subject; the session is the ID Token's sid")]
    public async Task The_owner_is_whom_the_ID_Token_names()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", "s1");
        Assert.That(grant.Owner, Is.EqualTo(GrantOwner.Subject(ScriptedServer.Origin, "alice")));
        Assert.That(
            (grant.Subject, grant.SessionId, grant.SignInExpiresAt),
            Is.EqualTo(("alice", "s1", (DateTimeOffset?)server.Script.Clock.GetUtcNow() + Fortnight))
        );
        Assert.That((await server.Client.GetAccessTokenAsync(grant.Owner)).Reveal(), Is.EqualTo("at-1"));
    }

    [Test]
    [Description(
        "Threat: one user's token to another. Two servers' equal subjects are two owners, no joining of names mixes them up, and issuer and subject stay readable"
    )]
    public void Equal_subjects_of_two_servers_are_two_owners()
    {
        var owner = GrantOwner.Subject("https://one.example", "alice");
        Assert.That(owner, Is.EqualTo(GrantOwner.Subject("https://one.example", "alice")));
        Assert.That(owner, Is.Not.EqualTo(GrantOwner.Subject("https://two.example", "alice")));
        Assert.That(owner, Is.Not.EqualTo(GrantOwner.Subject("https://one.exampl", "ealice")));
        Assert.That((owner.Issuer, owner.Id), Is.EqualTo(("https://one.example", "alice")));
        Assert.That(() => GrantOwner.Subject("https://one.example", ""), Throws.ArgumentException);
        Assert.That(() => GrantOwner.Subject("", "alice"), Throws.ArgumentException);
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.3: without an ID Token nobody signs in, and nothing is stored")]
    public async Task Without_an_ID_Token_nobody_signs_in()
    {
        await using OpenIdServer server = new();
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        server.Script.Answers(ScriptedServer.Tokens("at", scope: "profile"));
        Assert.That(
            async () => await server.SignIn.CompleteAsync(pending, response),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("who signed in")
        );
        Assert.That(await server.LeftAsync(), Is.Empty);
    }

    [Test]
    [Description("An authorization that was begun without openid cannot sign anybody in: said before the code is spent")]
    public async Task Without_openid_nothing_is_sent()
    {
        await using OpenIdServer server = new(o => o.Scopes = ["profile"]);
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        Assert.That(
            async () => await server.SignIn.CompleteAsync(pending, response),
            Throws.InvalidOperationException.With.Message.Contains("add openid to Scopes")
        );
        Assert.That(server.Script.Requests, Is.Empty);
    }

    [Test]
    [Description("State replay (RFC 9700 §4.7): a callback signs in once")]
    public async Task A_callback_counts_once()
    {
        await using OpenIdServer server = new();
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        await server.SignIn.CompleteAsync(pending, response);
        Assert.That(
            async () => await server.SignIn.CompleteAsync(pending, response),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("used before")
        );
    }

    [Test]
    [Description("Two browsers are two sessions: the second login leaves the first signed in, and one in the same session takes its place")]
    public async Task Sessions_stand_beside_each_other()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        var again = await server.SignInAsync("alice", "laptop");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "laptop", "phone" }));
        Assert.That((await server.Client.FindGrantAsync(OpenIdServer.OwnerOf("alice")))!.Id, Is.EqualTo(again.Id));
    }

    [Test]
    [Description("A sign-in that is over is replaced by the next one, whatever its session")]
    public async Task What_is_over_is_replaced()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "laptop");
        server.Script.Clock.Advance(Fortnight);
        await server.SignInAsync("alice", "phone");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "phone" }));
    }

    [Test]
    [Description("Bounded: of a user who signs in again and again, in one session after the other, the newest twenty are kept")]
    public async Task Twenty_sessions_are_kept()
    {
        await using OpenIdServer server = new();
        for (int i = 0; i < 22; i++)
            await server.SignInAsync("alice", $"s{i}");
        Assert.That(await server.LeftAsync(), Is.EqualTo(Enumerable.Range(2, 20).Reverse().Select(i => $"s{i}")));
    }

    [Test]
    [Description(
        "Whoever is signed in by a grant stays so when they connect for more; without a sign-in, a new grant replaces the old one as ever"
    )]
    public async Task Connecting_does_not_sign_out()
    {
        await using OpenIdServer server = new();
        var signedIn = await server.SignInAsync("alice", "s1");
        await server.ConnectAsync(signedIn.Owner, "alice", "s2");
        await server.ConnectAsync(signedIn.Owner, "alice", "s3");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s3", "s1" }));
        Assert.That(await server.SignIn.IsSignedInAsync(signedIn.Owner, "s1"), Is.True);
        Assert.That(await server.SignIn.IsSignedInAsync(signedIn.Owner, "s3"), Is.False, "connected, not signed in");
    }

    [TestCase("bob", "s1"), TestCase("bob", null)]
    [Description("Threat: one user's token to another. A user known by issuer and subject connects nobody else's account")]
    public async Task Nobody_elses_grant_for_who_signed_in(string subject, string? sessionId)
    {
        await using OpenIdServer server = new();
        var signedIn = await server.SignInAsync("alice", "s1");
        Assert.That(
            async () => await server.ConnectAsync(signedIn.Owner, subject, sessionId),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("another user")
        );
        Assert.That(
            (await server.Store.FindAsync("", signedIn.Owner, default)).Select(grant => grant.Subject),
            Is.EqualTo(new[] { "alice" })
        );
        await server.ConnectAsync(GrantOwner.User("42"), subject, sessionId);
        Assert.That(
            await server.Client.FindGrantAsync(GrantOwner.User("42")),
            Is.Not.Null,
            "the application's own users connect whom they like"
        );
    }

    [TestCase("s1")]
    [TestCase(null)]
    [Description("Signed in: in this session, at this server, until SignInLifetime is over")]
    public async Task Signed_in_until_it_is_over(string? sessionId)
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = TimeSpan.FromHours(8));
        var grant = await server.SignInAsync("alice", sessionId);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId), Is.True);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "another"), Is.False);
        Assert.That(await server.SignIn.IsSignedInAsync(OpenIdServer.OwnerOf("bob"), sessionId), Is.False);

        server.Script.Clock.Advance(TimeSpan.FromHours(8) - TimeSpan.FromTicks(1));
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId), Is.True, "also when the access token is over");
        server.Script.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId), Is.False);
    }

    [TestCase(null), TestCase("s1")]
    [Description("Threat: a kept or copied session. What has ended does not come back when the user signs in anew")]
    public async Task What_ended_stays_so(string? sessionId)
    {
        await using OpenIdServer server = new();
        var first = await server.SignInAsync("alice", sessionId);
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, first.SignInId), Is.True);
        await server.Logout.BeginAsync(first.Owner, new() { SessionId = first.SessionId, SignInId = first.SignInId });
        var second = await server.SignInAsync("alice", sessionId);
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, first.SignInId), Is.False, "the old one");
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, second.SignInId), Is.True, "the new one");
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, "another"), Is.False);
    }

    [Test]
    [Description(
        "Who signs in again in the same session of the server's stays in the one here: another tab's request meanwhile is still theirs"
    )]
    public async Task The_same_session_goes_on()
    {
        await using OpenIdServer server = new();
        var first = await server.SignInAsync("alice", "s1");
        var second = await server.SignInAsync("alice", "s1");
        Assert.That(second.SignInId, Is.Not.Null.And.EqualTo(first.SignInId));
        Assert.That((await server.SignInAsync("alice", "s2")).SignInId, Is.Not.EqualTo(first.SignInId));
        Assert.That((await server.SignInAsync("bob", "s1")).SignInId, Is.Not.EqualTo(first.SignInId));
        Assert.That((await server.ConnectAsync(GrantOwner.User("42"))).SignInId, Is.Null, "no user signed in by that");
        server.Script.Clock.Advance(Fortnight);
        Assert.That((await server.SignInAsync("alice", "s1")).SignInId, Is.Not.EqualTo(first.SignInId), "that one was over");
    }

    [Test]
    [Description(
        "Where the server names no sessions, each browser is one of its own: the second login leaves the first signed in, and signing out ends the one"
    )]
    public async Task Browsers_without_sessions_stand_beside_each_other()
    {
        await using OpenIdServer server = new();
        var laptop = await server.SignInAsync("alice", sessionId: null);
        var phone = await server.SignInAsync("alice", sessionId: null);
        await server.Logout.BeginAsync(laptop.Owner, new() { SignInId = laptop.SignInId });
        Assert.That(await server.SignIn.IsSignedInAsync(laptop.Owner, null, laptop.SignInId), Is.False);
        Assert.That(await server.SignIn.IsSignedInAsync(phone.Owner, null, phone.SignInId), Is.True);
        Assert.That(server.Revoked, Is.EquivalentTo(new[] { "rt-1", "at-1" }));
        await server.Logout.BeginAsync(laptop.Owner);
        Assert.That(await server.LeftAsync(), Is.Empty, "without saying which, all");
    }

    [Test]
    [Description("What is kept of a sign-in survives the store, and a refresh")]
    public async Task The_sign_in_is_stored()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", sessionId: null);
        var restored = Grant.Unprotect(grant.Protect(data => data), data => data);
        Assert.That((restored.SignInId, restored.SessionFingerprint), Is.EqualTo((grant.SignInId, grant.SessionFingerprint)));
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        await server.Client.GetAccessTokenAsync(grant.Owner);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, null, grant.SignInId), Is.True);
        Assert.That(await server.Store.FindByFingerprintAsync(grant.SessionFingerprint!, default), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A refresh keeps user and session signed in")]
    public async Task A_refresh_keeps_the_session()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", "s1");
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await server.Client.GetAccessTokenAsync(grant.Owner)).Reveal(), Is.EqualTo("at-2"));
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1"), Is.True);
        var stored = (await server.Client.FindGrantAsync(grant.Owner))!;
        Assert.That((stored.Generation, stored.SessionId, stored.SignInExpiresAt), Is.EqualTo((2, "s1", grant.SignInExpiresAt)));
    }

    [Test]
    [Description("Revoked grants sign out; a sid that is no text is none")]
    public async Task Revoking_signs_out()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", claims: claims => claims["sid"] = 7);
        Assert.That(grant.SessionId, Is.Null);
        await server.Client.RevokeAsync(grant.Owner);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, null), Is.False);
        Assert.That(async () => await server.SignIn.IsSignedInAsync(GrantOwner.Client, null), Throws.ArgumentException);
    }
}
