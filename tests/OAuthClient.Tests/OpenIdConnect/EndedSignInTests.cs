using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that ended sign-ins are cached for a short time, so that requests with their cookies cause few store queries.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EndedSignInTests
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    [TestCase("s1"), TestCase(null)]
    [Description("Threat: requests that load the database. 1,000 requests with an ended session cause a bounded number of store queries")]
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
        "A cached rejection does not affect a new sign-in of the same user, also in the same session of the server; the "
            + "ended sign-in stays ended"
    )]
    public async Task A_new_sign_in_is_valid_at_once(string? sessionId)
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
    [Description("Threat: a cached rejection ends another user's session. It applies to exactly this client, owner, session and sign-in")]
    public async Task A_cached_rejection_does_not_affect_another_session()
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
    [Description("Without a sign-in identifier nothing is cached, because the user's next sign-in would be rejected")]
    public async Task Without_a_sign_in_id_the_store_is_queried()
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
    [Description("A store that is unavailable rejects no session: its exception is thrown and not cached")]
    public async Task An_outage_is_not_cached()
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
    [Description("A rejection is cached for one minute; then the store is queried again")]
    public async Task A_rejection_is_cached_for_one_minute()
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
