using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// A store with a cache in front of it. Reads use the cache; a change is made in the store first, and then in the cache. Callers that wait
/// for a change are signalled when it is made in this process or reported by the change feed.
/// </summary>
internal sealed class CachedGrantStore : IGrantStore
{
    private readonly IGrantStore store;
    private readonly IGrantChangeFeed feed;
    private readonly GrantCache cache;
    private readonly ChangeWaiters waiters = new();

    private CachedGrantStore(IGrantStore store, IGrantChangeFeed feed, TimeProvider time, ILogger logger)
    {
        (this.store, this.feed) = (store, feed);
        cache = new(store, feed, time, logger);
        feed.Subscribe(OnChanged, OnConnected, cache.Freshness.StopListening);
    }

    public string? UnavailableReason => store.UnavailableReason;

    /// <summary>Adds the cache, if the store has a change feed.</summary>
    /// <returns>The store with the cache, or the store itself.</returns>
    public static IGrantStore Around(IGrantStore store, TimeProvider time, ILogger logger) =>
        store is IGrantChangeFeed feed ? new CachedGrantStore(store, feed, time, logger) : store;

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        cache.FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        cache.FindCurrentAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        store.FindByFingerprintAsync(fingerprint, cancellationToken);

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        await store.AddAsync(grant, cancellationToken).ConfigureAwait(false);
        cache.Add(grant);
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        if (!await store.TryReplaceAsync(newer, cancellationToken).ConfigureAwait(false))
        {
            // The caller reads the grant again, and must not receive the cached generation.
            cache.Invalidate(newer);
            return false;
        }
        cache.Replace(newer);
        waiters.Wake(newer.Id);
        return true;
    }

    public async ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        await store.RemoveAsync(grant, cancellationToken).ConfigureAwait(false);
        cache.Remove(grant);
        waiters.Wake(grant.Id);
    }

    public async ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    )
    {
        var result = await store.TryAcquireLeaseAsync(seen, held, length, cancellationToken).ConfigureAwait(false);
        if (result.Current is { } stored)
            cache.Replace(stored);
        else
            cache.Remove(seen);
        return result;
    }

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        await store.ReleaseLeaseAsync(lease, status, cancellationToken).ConfigureAwait(false);
        waiters.Wake(lease.GrantId);
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        string key = await cache.GetKeyAsync(seen.ClientName, seen.Owner, cancellationToken).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Before the store looks at the lease, so that no change is missed in between.
        var change = waiters.Add(seen.Id, key);
        try
        {
            var waiting = store.WaitForChangeAsync(seen, atMost, ended.Token).AsTask();
            var first = await Task.WhenAny(waiting, change.Task).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            if (first == waiting)
                await waiting.ConfigureAwait(false);
            else
                // The caller does not wait for a statement that runs. Its exception is observed.
                _ = BackgroundWork.RunIsolated(
                    waiting,
                    static async task => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)
                );
        }
        finally
        {
            waiters.Remove(change, seen.Id, key);
        }
    }

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        store.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);

    private void OnChanged(string key)
    {
        cache.Invalidate(key);
        waiters.Wake(key);
    }

    private void OnConnected()
    {
        cache.Freshness.StartListening();
        // Earlier changes may have been missed.
        waiters.WakeAll();
    }
}
