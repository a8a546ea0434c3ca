using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Caches the grants that this node has read, so that an API call does not access the database. Other nodes send notifications of their
/// changes, after which the owner's grants are read again at the next use. Without a notification connection, cache entries are read again
/// when they are a few seconds old.
/// </summary>
/// <remarks>
/// During an outage of the database, an entry that may have missed a notification is served for one more minute, because access tokens are
/// short-lived in any case. An entry with a notified change is never served, and <see cref="FindCurrentAsync"/> never returns an entry that
/// may have missed a notification. A grant is only replaced by a newer generation, and an id is never reused. Changes by this node and
/// results of the database can therefore be applied to an entry at any time and in any order.
/// </remarks>
internal sealed class GrantCache(
    TimeProvider time,
    int capacity,
    ChangeNotificationFormat notifications,
    ILogger logger,
    Func<string, GrantOwner, Task<IReadOnlyList<Grant>>> read
)
{
    private const int MaximumReads = 3;

    // Notifications are not guaranteed. One can be lost with a connection whose loss is not detected yet.
    private static readonly TimeSpan CurrentWhileListening = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FreshWhileUncertain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServedWhileUncertain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string ClientName, GrantOwner Owner), GrantCacheEntry> entries = new();
    private readonly ConcurrentDictionary<string, GrantCacheEntry> byHint = new(StringComparer.Ordinal);
    private readonly Queue<GrantCacheEntry> order = new();
    private readonly Lock changes = new();
    private volatile ListeningPeriod? listening;
    private long faultAt;
    private volatile bool isUnavailable;

    /// <summary>Records that notifications arrive from now on. Earlier changes may have been missed.</summary>
    public void StartListening() => listening = new();

    /// <summary>Records that notifications no longer arrive.</summary>
    /// <param name="lastHeardAt">The timestamp at which the connection was last known to work.</param>
    public void StopListening(long lastHeardAt)
    {
        listening?.End(lastHeardAt);
        listening = null;
    }

    /// <summary>Finds the owner's grants, in the cache if the entry is recent enough for access tokens.</summary>
    /// <param name="clientName">The client's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (entries.TryGetValue((clientName, owner), out var entry) && entry.Copy is { } copy)
        {
            entry.IsUsed = true;
            switch (GetFreshness(copy))
            {
                case Freshness.Fresh:
                    return new(copy.Grants);
                case Freshness.Stale:
                    if (!IsPausing())
                        _ = Read(entry);
                    return new(copy.Grants);
                default:
                    break;
            }
        }
        return new(FindAsync(entry ?? GetOrAdd(clientName, owner), cancellationToken));
    }

    /// <summary>Finds the owner's grants, in the cache only if the entry cannot have missed a change.</summary>
    /// <param name="clientName">The client's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        entries.TryGetValue((clientName, owner), out var entry);
        if (
            entry?.Copy is { IsOutdated: false, ReadDuring: { } period } copy
            && ReferenceEquals(period, listening)
            && !isUnavailable
            && Uncertainty(copy) == TimeSpan.Zero
        )
        {
            entry.IsUsed = true;
            return new(copy.Grants);
        }
        return new(ReadAndWaitAsync(entry ?? GetOrAdd(clientName, owner), cancellationToken));
    }

    /// <summary>Marks an owner's entry as outdated after a change by another node.</summary>
    public void Invalidate(string hint)
    {
        if (byHint.TryGetValue(hint, out var entry))
            entry.Change(copy => copy with { IsOutdated = true });
    }

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

    private async Task<IReadOnlyList<Grant>> FindAsync(GrantCacheEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Copy is { } known && IsPausing() && MayBeServed(known))
            return known.Grants;
        try
        {
            return await ReadAndWaitAsync(entry, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrorClassifier.IsOutage(exception) && entry.Copy is { } copy && MayBeServed(copy))
        {
            return copy.Grants;
        }
    }

    private async Task<IReadOnlyList<Grant>> ReadAndWaitAsync(GrantCacheEntry entry, CancellationToken cancellationToken)
    {
        entry.IsUsed = true;
        return await Read(entry).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private Freshness GetFreshness(GrantSnapshot copy)
    {
        if (copy.IsOutdated)
            return Freshness.None;
        var uncertainty = Uncertainty(copy);
        var current = listening;
        if (current is not null)
        {
            return !ReferenceEquals(copy.ReadDuring, current) ? Freshness.None
                : uncertainty == TimeSpan.Zero ? Freshness.Fresh
                : isUnavailable && uncertainty >= ServedWhileUncertain ? Freshness.None
                : Freshness.Stale;
        }
        return uncertainty < FreshWhileUncertain ? Freshness.Fresh
            : uncertainty < ServedWhileUncertain ? Freshness.Stale
            : Freshness.None;
    }

    private bool MayBeServed(GrantSnapshot copy) => !copy.IsOutdated && Uncertainty(copy) < ServedWhileUncertain;

    /// <returns>The time during which a change by another node may have been missed.</returns>
    private TimeSpan Uncertainty(GrantSnapshot copy)
    {
        var age = time.GetElapsedTime(copy.ReadAt);
        if (copy.ReadDuring is not { } period)
            return age;
        if (period.EndedAt is { } endedAt)
            return time.GetElapsedTime(Math.Max(copy.ReadAt, endedAt));
        return age < CurrentWhileListening ? TimeSpan.Zero : age - CurrentWhileListening + TimeSpan.FromTicks(1);
    }

    private bool IsPausing() => isUnavailable && time.GetElapsedTime(Interlocked.Read(ref faultAt)) < PauseAfterFault;

    /// <summary>Starts a read, or joins the owner's current one. A caller that cancels does not cancel the read.</summary>
    private Task<IReadOnlyList<Grant>> Read(GrantCacheEntry entry)
    {
        lock (entry)
        {
            return entry.Reading ??= BackgroundTask.Run(() => ReadAsync(entry));
        }
    }

    private async Task<IReadOnlyList<Grant>> ReadAsync(GrantCacheEntry entry)
    {
        try
        {
            for (int reads = 1; ; reads++)
            {
                int seen = entry.Changes;
                var during = listening;
                long began = time.GetTimestamp();
                var grants = await read(entry.ClientName, entry.Owner).ConfigureAwait(false);
                isUnavailable = false;
                lock (entry)
                {
                    // A change during the read may be missing in the result.
                    bool isSettled = seen == entry.Changes;
                    if (!isSettled && reads < MaximumReads)
                        continue;
                    entry.Reading = null;
                    entry.Copy = grants.Count > 0 ? new([.. grants], began, during, IsOutdated: !isSettled) : null;
                    if (entry.Copy is null)
                        Drop(entry);
                    else
                        Admit(entry);
                    return grants;
                }
            }
        }
        catch (Exception exception)
        {
            bool isOutage = PostgresErrorClassifier.IsOutage(exception);
            lock (entry)
            {
                entry.Reading = null;
                // The database responded, but did not confirm the entry, so it is no longer served.
                if (!isOutage && entry.Copy is { } copy)
                    entry.Copy = copy with { IsOutdated = true };
                if (entry.Copy is null)
                    Drop(entry);
            }
            if (isOutage)
            {
                Interlocked.Exchange(ref faultAt, time.GetTimestamp());
                if (!isUnavailable)
                    Log.ReadFailed(logger, PostgresErrorClassifier.Describe(exception));
            }
            isUnavailable = isOutage;
            throw;
        }
    }

    /// <summary>
    /// Adds an entry to read into. It counts towards the capacity once it contains grants, so that misses evict no other entry.
    /// </summary>
    private GrantCacheEntry GetOrAdd(string clientName, GrantOwner owner)
    {
        string hint = notifications.Of(clientName, owner);
        lock (changes)
        {
            if (entries.TryGetValue((clientName, owner), out var known))
                return known;
            GrantCacheEntry entry = new(clientName, owner, hint);
            entries[(clientName, owner)] = byHint[hint] = entry;
            return entry;
        }
    }

    private void Admit(GrantCacheEntry entry)
    {
        lock (changes)
        {
            if (entry.IsAdmitted)
                return;
            entry.IsAdmitted = true;
            order.Enqueue(entry);
            while (order.Count > capacity)
            {
                // Second chance: an entry that was used since the last pass returns to the end of the queue.
                var oldest = order.Dequeue();
                if (!oldest.IsUsed || oldest.IsDropped)
                {
                    Drop(oldest);
                    continue;
                }
                oldest.IsUsed = false;
                order.Enqueue(oldest);
            }
        }
    }

    private void Drop(GrantCacheEntry entry)
    {
        entry.IsDropped = true;
        entries.TryRemove(new((entry.ClientName, entry.Owner), entry));
        byHint.TryRemove(new(entry.Hint, entry));
    }

    private void Change(Grant grant, Func<Grant[], Grant[]> change)
    {
        if (entries.TryGetValue((grant.ClientName, grant.Owner), out var entry))
            entry.Change(copy => copy with { Grants = change(copy.Grants) });
    }

    private static bool IsSame(Grant one, Grant other) => string.Equals(one.Id, other.Id, StringComparison.Ordinal);

    private enum Freshness
    {
        /// <summary>The database must be read first.</summary>
        None,

        /// <summary>The entry is served, and the database is read in the background.</summary>
        Stale,

        /// <summary>The entry is served.</summary>
        Fresh,
    }
}
