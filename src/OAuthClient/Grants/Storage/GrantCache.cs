using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Caches the grants that this process has read from a store with a change feed, so that an API call does not access the store. A change by
/// another process removes the owner's grants, which are read at the next use.
/// </summary>
/// <remarks>
/// A grant is only replaced by a newer generation, and an id is never reused. Changes by this process and results of the store can
/// therefore be applied to an entry at any time and in any order.
/// </remarks>
internal sealed class GrantCache
{
    // A share of the memory, within limits: a useful number of owners on a small machine, and short scans of a full cache on a large one.
    private const int ShareOfMemory = 64;
    private const long MinimumBytes = 16L << 20;
    private const long MaximumBytes = 2L << 30;

    private readonly IGrantStore store;
    private readonly IGrantChangeFeed feed;
    private readonly TimeProvider time;
    private readonly GrantComparer comparer;
    private readonly BoundedCache<(string ClientName, GrantOwner Owner), GrantCacheEntry> entries;
    private readonly ConcurrentDictionary<string, GrantCacheEntry> byKey = new();

    public GrantCache(IGrantStore store, IGrantChangeFeed feed, TimeProvider time, ILogger logger)
    {
        (this.store, this.feed, this.time) = (store, feed, time);
        Freshness = new(feed, time, logger);
        comparer = new(feed, Freshness, Drop, time);
        long share = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory, MinimumBytes, MaximumBytes);
        entries = new(
            feed.MaximumCacheBytes ?? share,
            sizeOf: static entry => entry.Size,
            removed: entry => byKey.TryRemove(new(entry.Key, entry))
        );
    }

    /// <summary>Gets the state of the change feed and of the store.</summary>
    public GrantFreshness Freshness { get; }

    /// <summary>Finds the owner's grants, in the cache if the entry is recent enough for access tokens.</summary>
    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (!entries.TryGet((clientName, owner), out var entry) || entry.Value is not { } copy)
            return new(ReadAsync(clientName, owner, cancellationToken));
        CompareIfDue(entry);
        var getting = entry.GetAsync(copy, cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        return getting.IsCompletedSuccessfully ? new(getting.Result.Grants) : new(GrantsAsync(getting));
#pragma warning restore VSTHRD103
    }

    /// <summary>Finds the owner's grants, in the cache only if the entry cannot have missed a change.</summary>
    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (!entries.TryGet((clientName, owner), out var entry) || entry.Value is not { } copy || !Freshness.IsCurrent(copy))
            return new(ReadAsync(clientName, owner, cancellationToken));
        CompareIfDue(entry);
        return new(copy.Grants);
    }

    /// <summary>Gets the key of an owner. Isolated, because the feed may start its connection now, which all callers share.</summary>
    public ValueTask<string> GetKeyAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        BackgroundWork.RunIsolated(
            (feed, clientName, owner, cancellationToken),
            static all => all.feed.GetKeyAsync(all.clientName, all.owner, all.cancellationToken)
        );

    /// <summary>Removes an owner's grants after a change by another process.</summary>
    /// <param name="key">The key by which the change feed names the owner.</param>
    public void Invalidate(string key)
    {
        if (byKey.TryGetValue(key, out var entry))
            Drop(entry);
    }

    /// <summary>Removes an owner's grants.</summary>
    public void Invalidate(Grant grant) => Change(grant, _ => []);

    public void Add(Grant grant) => Change(grant, grants => grants.Any(other => IsSame(other, grant)) ? grants : [grant, .. grants]);

    public void Replace(Grant newer) =>
        Change(
            newer,
            grants =>
                Array.FindIndex(grants, other => IsSame(other, newer) && other.Generation < newer.Generation) is >= 0 and var index
                    ? [.. grants[..index], newer, .. grants[(index + 1)..]]
                    : grants
        );

    public void Remove(Grant grant) => Change(grant, grants => Array.FindAll(grants, other => !IsSame(other, grant)));

    private void Change(Grant grant, Func<Grant[], Grant[]> change)
    {
        if (entries.TryGet((grant.ClientName, grant.Owner), out var entry))
            entry.Update(copy => change(copy.Grants) is { Length: > 0 } changed ? copy with { Grants = changed } : null);
    }

    // Removed from the cache first, so that the next reader reads into a new entry, and not into one that is not found again. An entry
    // without grants is being read: it remains, so that the read notices this change and later ones.
    private void Drop(GrantCacheEntry entry)
    {
        if (entry.Value is not null)
            entries.Remove((entry.ClientName, entry.Owner), entry);
        entry.Update(_ => null);
    }

    private void CompareIfDue(GrantCacheEntry entry)
    {
        if (entry.Value is { } copy && Freshness.IsComparisonDue(copy))
            comparer.Enqueue(entry);
    }

    private async Task<IReadOnlyList<Grant>> ReadAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        // The key is known before the read begins, so that no change is missed.
        string key = await GetKeyAsync(clientName, owner, cancellationToken).ConfigureAwait(false);
        var entry = entries.GetOrAdd(
            (clientName, owner),
            _ => byKey[key] = new(clientName, owner, key, store, Freshness, feed, OnStored, time)
        );
        return (await entry.FetchNowAsync(cancellationToken).ConfigureAwait(false)).Grants;
    }

    // The entry counts towards the capacity while it has grants.
    private void OnStored(GrantCacheEntry entry)
    {
        if (entry.Value is null)
            entries.Remove((entry.ClientName, entry.Owner), entry);
        else
            entries.Resize((entry.ClientName, entry.Owner), entry);
    }

    private static async Task<IReadOnlyList<Grant>> GrantsAsync(ValueTask<GrantSnapshot> getting) =>
        (await getting.ConfigureAwait(false)).Grants;

    private static bool IsSame(Grant one, Grant other) => one.Id == other.Id;
}
