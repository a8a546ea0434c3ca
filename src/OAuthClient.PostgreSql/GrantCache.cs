using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Caches the grants that this node has read, so that an API call needs no database. A change by another node is announced, and the
/// owner's grants are read again at the next use. While no announcement can arrive, copies are read again when they are some seconds old.
/// </summary>
/// <remarks>
/// When the database is away, a copy that may merely have missed an announcement is served for one more minute, as access tokens are
/// short-lived in any case. A copy whose change was announced is never served, and <see cref="FindCurrentAsync"/> never answers from a
/// copy that may have missed one. A grant only ever gives way to a newer generation of itself, and an id never comes back: so a change
/// by this node, or an answer of the database, can be put into a copy at any time and in any order.
/// </remarks>
internal sealed class GrantCache(
    TimeProvider time,
    int capacity,
    ChangeNotifications notifications,
    ILogger logger,
    Func<string, GrantOwner, Task<IReadOnlyList<Grant>>> read
)
{
    private const int MostReads = 3;

    // Announcements are not guaranteed: one can be lost with a connection whose loss has not been noticed yet.
    private static readonly TimeSpan CertainWhileListening = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan GoodWhileUncertain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServedWhileUncertain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string ClientName, GrantOwner Owner), GrantCacheEntry> entries = new();
    private readonly ConcurrentDictionary<string, GrantCacheEntry> byHint = new(StringComparer.Ordinal);
    private readonly Queue<GrantCacheEntry> order = new();
    private readonly Lock places = new();
    private volatile ListeningPeriod? listening;
    private long faultAt;
    private volatile bool isAway;

    /// <summary>Announcements begin to arrive. Earlier changes may have been missed.</summary>
    public void StartListening() => listening = new();

    /// <summary>Announcements no longer arrive.</summary>
    /// <param name="lastHeardAt">The timestamp at which the connection was last known to work.</param>
    public void StopListening(long lastHeardAt)
    {
        listening?.End(lastHeardAt);
        listening = null;
    }

    /// <summary>The owner's grants, from memory where that is recent enough for access tokens.</summary>
    /// <param name="clientName">The registration's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (entries.TryGetValue((clientName, owner), out var entry) && entry.Copy is { } copy)
        {
            entry.IsUsed = true;
            switch (GetFreshness(copy))
            {
                case Freshness.Good:
                    return new(copy.Grants);
                case Freshness.Old:
                    if (!IsPausing())
                        _ = Read(entry);
                    return new(copy.Grants);
                default:
                    break;
            }
        }
        return new(FindAsync(entry ?? Enter(clientName, owner), cancellationToken));
    }

    /// <summary>The owner's grants, from memory only where no change can have been missed.</summary>
    /// <param name="clientName">The registration's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        entries.TryGetValue((clientName, owner), out var entry);
        if (
            entry?.Copy is { IsOutdated: false, ReadDuring: { } period } copy
            && ReferenceEquals(period, listening)
            && !isAway
            && Uncertainty(copy) == TimeSpan.Zero
        )
        {
            entry.IsUsed = true;
            return new(copy.Grants);
        }
        return new(ReadAndWaitAsync(entry ?? Enter(clientName, owner), cancellationToken));
    }

    /// <summary>Another node changed something of an owner's.</summary>
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
                : uncertainty == TimeSpan.Zero ? Freshness.Good
                : isAway && uncertainty >= ServedWhileUncertain ? Freshness.None
                : Freshness.Old;
        }
        return uncertainty < GoodWhileUncertain ? Freshness.Good
            : uncertainty < ServedWhileUncertain ? Freshness.Old
            : Freshness.None;
    }

    private bool MayBeServed(GrantSnapshot copy) => !copy.IsOutdated && Uncertainty(copy) < ServedWhileUncertain;

    /// <returns>For how long a change by another node may have been missed.</returns>
    private TimeSpan Uncertainty(GrantSnapshot copy)
    {
        var age = time.GetElapsedTime(copy.ReadAt);
        if (copy.ReadDuring is not { } period)
            return age;
        if (period.EndedAt is { } endedAt)
            return time.GetElapsedTime(Math.Max(copy.ReadAt, endedAt));
        return age < CertainWhileListening ? TimeSpan.Zero : age - CertainWhileListening + TimeSpan.FromTicks(1);
    }

    private bool IsPausing() => isAway && time.GetElapsedTime(Interlocked.Read(ref faultAt)) < PauseAfterFault;

    /// <summary>One read at a time for each owner, whoever asks; a caller who cancels stops waiting and nothing else.</summary>
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
                isAway = false;
                lock (entry)
                {
                    // What changed meanwhile may be missing in what was read.
                    bool isSettled = seen == entry.Changes;
                    if (!isSettled && reads < MostReads)
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
                // The database answered: what it refuses to confirm is not served any more.
                if (!isOutage && entry.Copy is { } copy)
                    entry.Copy = copy with { IsOutdated = true };
                if (entry.Copy is null)
                    Drop(entry);
            }
            if (isOutage)
            {
                Interlocked.Exchange(ref faultAt, time.GetTimestamp());
                if (!isAway)
                    Log.ReadFailed(logger, PostgresErrorClassifier.Describe(exception));
            }
            isAway = isOutage;
            throw;
        }
    }

    /// <summary>A place to read into. It is taken up for good when something was read: who asks in vain drives nobody out.</summary>
    private GrantCacheEntry Enter(string clientName, GrantOwner owner)
    {
        string hint = notifications.Of(clientName, owner);
        lock (places)
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
        lock (places)
        {
            if (entry.IsAdmitted)
                return;
            entry.IsAdmitted = true;
            order.Enqueue(entry);
            while (order.Count > capacity)
            {
                // One that was used since it was last looked at goes to the end of the queue once more.
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
        /// <summary>Read the database first.</summary>
        None,

        /// <summary>Serve the copy, and read the database in the background.</summary>
        Old,
        Good,
    }
}
