using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that a rotated refresh token is kept while the store is unavailable.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantWriteQueueTests
{
    [Test]
    [Description(
        "RFC 9700 §4.14: after rotation the old refresh token is invalid, so the new one is kept in memory until the store saves it"
    )]
    public async Task A_refresh_that_cannot_be_saved_is_kept_in_memory_and_saved_later()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await StartAsync(store);
        var grant = await host.SignedInAsync();

        store.RefusesToSave = true;
        host.Clock.Advance(TimeSpan.FromHours(2));
        var second = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(second), "served from memory until saved");
        Assert.That(host.TokenRequests, Is.EqualTo(1));

        // Expired and still unsaved: a refresh of the token in memory would put two tokens at risk.
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
    [Description("A token that an API rejected is not used again while the grant with its replacement is unsaved")]
    public async Task A_rejected_token_is_not_used_while_its_replacement_is_unsaved()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await StartAsync(store);
        await host.SignedInAsync();
        var rejected = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        store.RefusesToSave = true;
        var replacement = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = rejected });
        Assert.That(replacement, Is.Not.EqualTo(rejected));

        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(replacement));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A grant that the store did not save is written again in the background, at growing intervals, until it is saved")]
    public async Task An_unsaved_grant_is_written_again_in_the_background()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await StartAsync(store);
        var token = await RefreshUnsavedAsync(host, store);

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
    [Description("A process that shuts down tries to write unsaved grants one last time")]
    public async Task An_unsaved_grant_is_written_on_shutdown()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        AccessToken token;
        await using (var host = await StartAsync(store))
        {
            token = await RefreshUnsavedAsync(host, store);
            store.RefusesToSave = false;
        }
        Assert.That(
            (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single().AccessToken,
            Is.EqualTo(token)
        );
    }

    [Test]
    [Description("Unsaved grants are also written when the container is disposed synchronously")]
    public async Task An_unsaved_grant_is_written_on_a_synchronous_shutdown()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await StartAsync(store);
        var token = await RefreshUnsavedAsync(host, store);
        store.RefusesToSave = false;

        ((IDisposable)host.Services).Dispose();

        Assert.That(
            (await store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default)).Single().AccessToken,
            Is.EqualTo(token)
        );
    }

    [Test]
    [Description("A process that shuts down waits for a refresh in progress, and saves its result")]
    public async Task Shutdown_waits_for_a_refresh_in_progress()
    {
        InMemoryGrantStore store = new(TimeProvider.System);
        await using var host = await StartAsync(store);
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
    [Description("A process that shuts down with an unsaved grant logs it")]
    public async Task A_store_that_is_unavailable_on_shutdown_is_logged()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        RecordedLog log;
        await using (var host = await StartAsync(store))
        {
            log = host.Log;
            await host.SignedInAsync();
            host.Clock.Advance(TimeSpan.FromHours(2));
            store.RefusesToSave = true;
            await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        }
        Assert.That(log.Events(321), Has.Count.EqualTo(1));
        Assert.That(log.Events(323), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 7009: the newest refresh token is revoked, even if it is only in memory")]
    public async Task A_grant_kept_in_memory_is_revoked_with_its_newest_refresh_token()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using var host = await StartAsync(store);
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
    [Description("One user's token to another (CVE-2024-51987 class): the client checks the owner of a grant that the store returns")]
    public async Task A_store_that_ignores_case_does_not_return_another_owners_grant()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System)) { IgnoresCase = true };
        await using var host = await StartAsync(store);
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
        "One user's token to another (CVE-2024-51987 class): a login of another owner at the same account does not end the "
            + "first owner's grant"
    )]
    public async Task A_store_that_ignores_case_does_not_end_another_owners_grant()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System)) { IgnoresCase = true };
        await using var host = await StartAsync(store);
        await host.SignedInAsync("alice");
        await host.SignedInAsync("Alice");

        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("alice")))!.Owner.Id, Is.EqualTo("alice"));
    }

    private static Task<OAuthTestHost> StartAsync(IGrantStore store) =>
        OAuthTestHost.StartAsync(registerFirst: services => services.AddSingleton(store));

    /// <summary>Refreshes a grant while the store saves nothing.</summary>
    private static async Task<AccessToken> RefreshUnsavedAsync(OAuthTestHost host, FailingStore store)
    {
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        store.RefusesToSave = true;
        return await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
    }
}
