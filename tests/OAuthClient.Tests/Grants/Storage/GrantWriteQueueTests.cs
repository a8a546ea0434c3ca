using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Nothing is lost: a rotated refresh token outlives a store that is away.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantWriteQueueTests
{
    [Test]
    [Description("RFC 9700 §4.14: with rotation the old refresh token is worthless, so the new one is kept until the store takes it")]
    public async Task A_refresh_that_cannot_be_saved_is_kept_in_memory_and_saved_later()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await BenchAsync(store);
        var grant = await host.SignedInAsync();

        store.RefusesToSave = true;
        host.Clock.Advance(TimeSpan.FromHours(2));
        var second = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(second), "served from memory meanwhile");
        Assert.That(host.TokenRequests, Is.EqualTo(1));

        // Over again, and still unsaved: whoever spent the one in memory now would risk two.
        host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));

        store.RefusesToSave = false;
        host.Clock.Advance(RefreshBackoff.Pause);
        var third = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(third, Is.Not.EqualTo(second));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
        var stored = (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single();
        Assert.That(stored.AccessToken, Is.EqualTo(third));
        Assert.That(stored.Generation, Is.GreaterThan(grant.Generation));
        Assert.That(stored.RefreshToken, Is.Not.EqualTo(grant.RefreshToken));
    }

    [Test]
    [Description("Nothing is lost: what the store would not take is offered again by itself, at growing intervals, until it does")]
    public async Task It_is_offered_again_in_the_background()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await BenchAsync(store);
        var token = await UnsavedAsync(host, store);

        store.RefusesToSave = false;
        await Eventually.UntilAsync(
            () => store.Saved == 1,
            () =>
            {
                host.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return Task.CompletedTask;
            }
        );
        Assert.That(
            (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single().AccessToken,
            Is.EqualTo(token)
        );
    }

    [Test]
    [Description("Nothing is lost: a process that ends offers the store what it would not take, one last time")]
    public async Task It_is_offered_on_shutdown()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        AccessToken token;
        await using (var host = await BenchAsync(store))
        {
            token = await UnsavedAsync(host, store);
            store.RefusesToSave = false;
        }
        Assert.That(
            (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single().AccessToken,
            Is.EqualTo(token)
        );
    }

    [Test]
    [Description("Nothing is lost: also by a container that is disposed of synchronously")]
    public async Task It_is_offered_on_a_synchronous_shutdown()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await BenchAsync(store);
        var token = await UnsavedAsync(host, store);
        store.RefusesToSave = false;

        ((IDisposable)host.Services).Dispose();

        Assert.That(
            (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single().AccessToken,
            Is.EqualTo(token)
        );
    }

    [Test]
    [Description("Nothing is lost: a process that ends waits for the refresh token that is at the server just now, and saves what comes")]
    public async Task A_refresh_under_way_is_waited_for_on_shutdown()
    {
        InMemoryGrantStore store = new(TimeProvider.System);
        await using var host = await BenchAsync(store);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        TaskCompletionSource release = new();
        host.Server.Faults.Add(OAuthClient.Testing.TestEndpoint.Token, OAuthClient.Testing.Fault.HoldUntil(release.Task));
        _ = host.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask();
        await host.Server.WaitForRequestAsync(OAuthClient.Testing.TestEndpoint.Token).Promptly();

        var end = ((IAsyncDisposable)host.Services).DisposeAsync().AsTask();
        Assert.That(end.IsCompleted, Is.False);
        release.SetResult();
        await end.Promptly();

        var stored = (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single();
        Assert.That(stored.Generation, Is.EqualTo(2));
        Assert.That(stored.RefreshToken, Is.Not.EqualTo(grant.RefreshToken));
    }

    [Test]
    [Description("Nothing is lost in silence: a process that has to end with an unsaved grant says so")]
    public async Task A_store_that_is_away_on_shutdown_is_logged()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        RecordedLog log;
        await using (var host = await BenchAsync(store))
        {
            log = host.Log;
            await host.SignedInAsync();
            host.Clock.Advance(TimeSpan.FromHours(2));
            store.RefusesToSave = true;
            await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        }
        Assert.That(log.Events(5), Has.Count.EqualTo(1));
        Assert.That(log.Events(8), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 7009: what is revoked is the refresh token that lives, also when only memory knows it")]
    public async Task A_grant_kept_in_memory_is_revoked_with_its_newest_refresh_token()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await BenchAsync(store);
        var grant = await host.SignedInAsync();
        store.RefusesToSave = true;
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        await host.Client.RevokeAsync(GrantOwner.User("42"));

        var revoked = host.Server.RequestsTo(OAuthClient.Testing.TestEndpoint.Revocation);
        Assert.That(revoked, Has.Count.EqualTo(2));
        Assert.That(revoked[0].Form["token"], Is.Not.EqualTo(grant.RefreshToken!.Reveal()));
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.InstanceOf<ReauthorizationRequiredException>()
        );
    }

    [Test]
    [Description("One user's token to another (CVE-2024-51987 class): the store's word for whose a grant is, is not enough")]
    public async Task A_store_that_ignores_case_gives_nobody_anothers_grant()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System)) { IgnoresCase = true };
        await using var host = await BenchAsync(store);
        await host.SignedInAsync("alice");

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("Alice")),
            Throws.InstanceOf<ReauthorizationRequiredException>()
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("Alice")), Is.Null);
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("alice")), Is.Not.Null);
    }

    [Test]
    [Description(
        "One user's token to another (CVE-2024-51987 class): nor does another owner's login at the same account end the first one's grant"
    )]
    public async Task A_store_that_ignores_case_ends_nobody_elses_grant()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System)) { IgnoresCase = true };
        await using var host = await BenchAsync(store);
        await host.SignedInAsync("alice");
        await host.SignedInAsync("Alice");

        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("alice")))!.Owner.Id, Is.EqualTo("alice"));
    }

    private static Task<OAuthTestHost> BenchAsync(IGrantStore store) =>
        OAuthTestHost.StartAsync(registerFirst: services => services.AddSingleton(store));

    /// <summary>Refreshes a grant while the store takes nothing.</summary>
    private static async Task<AccessToken> UnsavedAsync(OAuthTestHost host, FailingStore store)
    {
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        store.RefusesToSave = true;
        return await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
    }
}
