namespace OAuthClient.Tests;

/// <summary>Tests sign-ins of users whom the ID Token identifies (OpenID Connect Core §3.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OpenIdSignInTests
{
    private static readonly TimeSpan Fortnight = TimeSpan.FromDays(14);

    [Test]
    [Description("OpenID Connect Core §2: the owner consists of issuer and subject, and the session is sid of the ID Token")]
    public async Task The_ID_Token_determines_the_owner()
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
        "Threat: one user's token to another. Equal subjects of two servers are two owners, the text form is unambiguous, "
            + "and issuer and subject stay readable"
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

    [TestCase("profile", "who signed in"), TestCase("openid", "openid was granted")]
    [Description("OpenID Connect Core §3.1.3.3: without an ID Token the sign-in fails, and nothing is stored")]
    public async Task Without_an_ID_Token_the_sign_in_fails(string scope, string words)
    {
        await using OpenIdServer server = new();
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        server.Script.Answers(ScriptedServer.Tokens("at", scope: scope));
        Assert.That(
            async () => await server.SignIn.CompleteAsync(pending, response),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words)
        );
        Assert.That(await server.LeftAsync(), Is.Empty);
    }

    [Test]
    [Description("An authorization that was begun without openid cannot be completed as a sign-in, and the code is not sent")]
    public async Task Without_openid_the_code_is_not_sent()
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
    public async Task A_callback_signs_in_once()
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
    [Description("Two browsers have two sessions: a second login does not end the first, and a login in the same session replaces it")]
    public async Task Sessions_are_independent()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        var again = await server.SignInAsync("alice", "laptop");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "laptop", "phone" }));
        Assert.That((await server.Client.FindGrantAsync(OpenIdServer.OwnerOf("alice")))!.Id, Is.EqualTo(again.Id));
    }

    [Test]
    [Description("An expired sign-in is replaced by the next one, independent of its session")]
    public async Task An_expired_sign_in_is_replaced()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "laptop");
        server.Script.Clock.Advance(Fortnight);
        await server.SignInAsync("alice", "phone");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "phone" }));
    }

    [Test]
    [Description("The number of sign-ins of a user is bounded: the newest twenty are kept")]
    public async Task At_most_twenty_sessions_are_kept()
    {
        await using OpenIdServer server = new();
        for (int i = 0; i < 22; i++)
            await server.SignInAsync("alice", $"s{i}");
        Assert.That(await server.LeftAsync(), Is.EqualTo(Enumerable.Range(2, 20).Reverse().Select(i => $"s{i}")));
    }

    [Test]
    [Description("A user who signed in stays signed in when they authorize more; without a sign-in, a new grant replaces the old one")]
    public async Task Connecting_does_not_sign_out()
    {
        await using OpenIdServer server = new();
        var signedIn = await server.SignInAsync("alice", "s1");
        await server.ConnectAsync(signedIn.Owner, "alice", "s2");
        await server.ConnectAsync(signedIn.Owner, "alice", "s3");
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s3", "s1" }));
        Assert.That(await server.SignIn.IsSignedInAsync(signedIn.Owner, "s1"), Is.True);
        Assert.That(await server.SignIn.IsSignedInAsync(signedIn.Owner, "s3"), Is.False, "the grant is a connection, not a sign-in");
    }

    [TestCase("bob", "s1"), TestCase("bob", null)]
    [Description(
        "Threat: one user's token to another. A user who is identified by issuer and subject cannot connect another user's account"
    )]
    public async Task A_signed_in_user_cannot_connect_another_account(string subject, string? sessionId)
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
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null, "users of the application connect any account");
    }

    [TestCase("s1")]
    [TestCase(null)]
    [Description("A sign-in is valid in its session, at its server, until SignInLifetime has elapsed")]
    public async Task A_sign_in_is_valid_until_it_expires(string? sessionId)
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = TimeSpan.FromHours(8));
        var grant = await server.SignInAsync("alice", sessionId);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId), Is.True);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "another"), Is.False);
        Assert.That(await server.SignIn.IsSignedInAsync(OpenIdServer.OwnerOf("bob"), sessionId), Is.False);

        server.Script.Clock.Advance(TimeSpan.FromHours(8) - TimeSpan.FromTicks(1));
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId), Is.True, "also when the access token has expired");
        server.Script.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId), Is.False);
    }

    [TestCase(null), TestCase("s1")]
    [Description("Threat: a kept or copied session. An ended sign-in does not become valid when the user signs in again")]
    public async Task An_ended_sign_in_stays_ended(string? sessionId)
    {
        await using OpenIdServer server = new();
        var first = await server.SignInAsync("alice", sessionId);
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, first.SignInId), Is.True);
        await server.Logout.BeginAsync(first.Owner, new() { SessionId = first.SessionId, SignInId = first.SignInId });
        var second = await server.SignInAsync("alice", sessionId);
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, first.SignInId), Is.False, "the ended sign-in");
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, second.SignInId), Is.True, "the new sign-in");
        Assert.That(await server.SignIn.IsSignedInAsync(first.Owner, sessionId, "another"), Is.False);
    }

    [Test]
    [Description(
        "A user who signs in again in the same session of the server keeps the application's session, so requests of "
            + "another tab stay valid"
    )]
    public async Task A_sign_in_in_the_same_session_keeps_the_session()
    {
        await using OpenIdServer server = new();
        var first = await server.SignInAsync("alice", "s1");
        var second = await server.SignInAsync("alice", "s1");
        Assert.That(second.SignInId, Is.Not.Null.And.EqualTo(first.SignInId));
        Assert.That((await server.SignInAsync("alice", "s2")).SignInId, Is.Not.EqualTo(first.SignInId));
        Assert.That((await server.SignInAsync("bob", "s1")).SignInId, Is.Not.EqualTo(first.SignInId));
        Assert.That((await server.ConnectAsync(GrantOwner.User("42"))).SignInId, Is.Null, "a connection is not a sign-in");
        server.Script.Clock.Advance(Fortnight);
        Assert.That((await server.SignInAsync("alice", "s1")).SignInId, Is.Not.EqualTo(first.SignInId), "the first sign-in had expired");
    }

    [Test]
    [Description(
        "For a server without session identifiers each browser has its own session: a second login does not end the "
            + "first, and a logout ends one"
    )]
    public async Task Sign_ins_without_server_sessions_are_independent()
    {
        await using OpenIdServer server = new();
        var laptop = await server.SignInAsync("alice", sessionId: null);
        var phone = await server.SignInAsync("alice", sessionId: null);
        await server.Logout.BeginAsync(laptop.Owner, new() { SignInId = laptop.SignInId });
        Assert.That(await server.SignIn.IsSignedInAsync(laptop.Owner, null, laptop.SignInId), Is.False);
        Assert.That(await server.SignIn.IsSignedInAsync(phone.Owner, null, phone.SignInId), Is.True);
        Assert.That(server.Revoked, Is.EquivalentTo(new[] { "rt-1", "at-1" }));
        await server.Logout.BeginAsync(laptop.Owner);
        Assert.That(await server.LeftAsync(), Is.Empty, "without a session all sign-ins end");
    }

    [Test]
    [Description("The properties of a sign-in are kept in the store and after a refresh")]
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
    [Description("A refresh keeps the user and the session")]
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
    [Description("A revoked grant ends the sign-in; a sid that is not a string is ignored")]
    public async Task Revocation_signs_out()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice", claims: claims => claims["sid"] = 7);
        Assert.That(grant.SessionId, Is.Null);
        await server.Client.RevokeAsync(grant.Owner);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, null), Is.False);
        Assert.That(async () => await server.SignIn.IsSignedInAsync(GrantOwner.Client, null), Throws.ArgumentException);
    }
}
