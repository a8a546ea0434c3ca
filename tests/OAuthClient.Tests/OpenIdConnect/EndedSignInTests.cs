using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A sign-in that has ended is remembered for a moment, so that requests which still name it cost the store nothing.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EndedSignInTests
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    [TestCase("s1"), TestCase(null)]
    [Description("Threat: requests that make the database work. 1,000 requests with an ended session: a bounded number of store queries")]
    public async Task A_thousand_requests_query_the_store_a_few_times(string? sessionId)
    {
        var (server, store) = Server();
        await using var _ = server;
        var grant = await server.SignInAsync("alice", sessionId);
        await server.Client.RevokeAsync(grant.Owner);
        int before = store.Reads;

        for (int i = 0; i < 500; i++)
            Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId, grant.SignInId), Is.False);
        await Parallel.ForAsync(
            0,
            500,
            async (i, cancellationToken) =>
                Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, sessionId, grant.SignInId, cancellationToken), Is.False)
        );

        Assert.That(store.Reads - before, Is.LessThanOrEqualTo(2));
    }

    [TestCase("s1"), TestCase(null)]
    [Description(
        "A remembered refusal never outlives a new sign-in: the same user is signed in at once, in the same session of the "
            + "server's as well, and the ended one stays ended"
    )]
    public async Task A_new_sign_in_counts_at_once(string? sessionId)
    {
        var (server, store) = Server();
        await using var _ = server;
        var ended = await server.SignInAsync("alice", sessionId);
        await server.Client.RevokeAsync(ended.Owner);
        Assert.That(await server.SignIn.IsSignedInAsync(ended.Owner, sessionId, ended.SignInId), Is.False);

        var fresh = await server.SignInAsync("alice", sessionId);

        Assert.That(await server.SignIn.IsSignedInAsync(fresh.Owner, sessionId, fresh.SignInId), Is.True);
        Assert.That(await server.SignIn.IsSignedInAsync(ended.Owner, sessionId, ended.SignInId), Is.False);
        Assert.That(store.Reads, Is.Positive);
    }

    [Test]
    [Description(
        "Threat: a remembered refusal that ends another user's live session. It holds for exactly this client, owner, session "
            + "and sign-in"
    )]
    public async Task A_live_session_is_not_refused_for_what_another_request_said()
    {
        var (server, _) = Server();
        await using var __ = server;
        var grant = await server.SignInAsync("alice", "s1");
        var other = await server.SignInAsync("bob", "s2");

        Assert.That(await server.SignIn.IsSignedInAsync(other.Owner, "s1", grant.SignInId), Is.False, "another owner");
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s2", grant.SignInId), Is.False, "another session");
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1", "another"), Is.False, "another sign-in");

        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId), Is.True);
        Assert.That(await server.SignIn.IsSignedInAsync(other.Owner, "s2", other.SignInId), Is.True);
    }

    [Test]
    [Description("Without a sign-in id nothing is remembered: the next sign-in of the same user would be refused")]
    public async Task Without_a_sign_in_id_the_store_is_asked()
    {
        var (server, store) = Server();
        await using var _ = server;
        var owner = OpenIdServer.OwnerOf("alice");
        Assert.That(await server.SignIn.IsSignedInAsync(owner, "s1"), Is.False);
        await server.SignInAsync("alice", "s1");
        Assert.That(await server.SignIn.IsSignedInAsync(owner, "s1"), Is.True);
        Assert.That(store.Reads, Is.Positive);
    }

    [Test]
    [Description("A store that cannot be reached refuses no session: its exception passes, and is not remembered")]
    public async Task An_outage_is_not_remembered()
    {
        var (server, store) = Server();
        await using var _ = server;
        var grant = await server.SignInAsync("alice", "s1");
        store.IsAway = true;
        Assert.That(async () => await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId), Throws.TypeOf<IOException>());
        store.IsAway = false;
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId), Is.True);
    }

    [Test]
    [Description("It is remembered for a minute; then the store is asked again")]
    public async Task It_is_remembered_briefly()
    {
        var (server, store) = Server();
        await using var _ = server;
        var grant = await server.SignInAsync("alice", "s1");
        await server.Client.RevokeAsync(grant.Owner);
        await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId);
        int before = store.Reads;

        server.Script.Clock.Advance(Remembered - TimeSpan.FromTicks(1));
        await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId);
        Assert.That(store.Reads, Is.EqualTo(before));

        server.Script.Clock.Advance(TimeSpan.FromTicks(1));
        await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId);
        Assert.That(store.Reads, Is.GreaterThan(before));
    }

    private static (OpenIdServer Server, CountingStore Store) Server()
    {
        CountingStore? counter = null;
        OpenIdServer server = new(registerFirst: services =>
            services.AddSingleton(provider =>
                CountingStore.Around(new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>()), out counter)
            )
        );
        _ = server.Store;
        return (server, counter!);
    }
}
