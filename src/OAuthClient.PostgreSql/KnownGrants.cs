using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// The grants this node has in memory, so that an API call needs no database. Another node's change is heard of, and the owner's grants
/// read again at the next use; while nothing can be heard they are read again when they are some seconds old. When the database is away,
/// what is known is served.
/// </summary>
/// <remarks>
/// A grant only ever gives way to a newer generation of itself, and an id never comes back: so what this node does, or is told by the
/// database, can be put into a list at any time, in whatever order it comes.
/// </remarks>
internal sealed class KnownGrants(TimeProvider time, int capacity, Hints hints, ILogger logger, Func<string, GrantOwner, Task<IReadOnlyList<Grant>>> read)
{
    private const int MostReads = 3;

    // Hints are not guaranteed: a notification can be lost with a connection that nobody knows to be dead yet.
    private static readonly TimeSpan GoodWhileHearing = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan GoodWhileDeaf = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServedWhileDeaf = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string ClientName, GrantOwner Owner), Entry> entries = new();
    private readonly ConcurrentDictionary<string, Entry> byHint = new(StringComparer.Ordinal);
    private readonly Queue<Entry> order = new();
    private readonly Lock places = new();
    private volatile int epoch;
    private volatile bool isHearing;
    private long faultAt;
    private volatile bool isAway;

    /// <summary>Whether the last reading failed.</summary>
    public bool IsAway => isAway;

    /// <summary>Whether changes are told. When that begins, what changed before is not known.</summary>
    public void Hearing(bool begins)
    {
        isHearing = begins;
        if (begins)
            Interlocked.Increment(ref epoch);
    }

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (entries.TryGetValue((clientName, owner), out var entry) && entry.Copy is { } copy)
        {
            entry.IsUsed = true;
            switch (Judge(copy))
            {
                case Worth.Good:
                    return new(copy.Grants);
                case Worth.Old:
                    if (!IsPausing())
                        _ = Read(entry);
                    return new(copy.Grants);
                default:
                    break;
            }
        }
        return new(FindAsync(entry ?? Enter(clientName, owner), cancellationToken));
    }

    /// <summary>Another node changed something of an owner's.</summary>
    public void Outdate(string hint)
    {
        if (byHint.TryGetValue(hint, out var entry))
            entry.Change(copy => copy with { IsOutdated = true });
    }

    public void Add(Grant grant) => Change(grant, grants => grants.Any(other => IsSame(other, grant)) ? grants : [grant, .. grants]);

    public void Replace(Grant newer) => Change(newer, grants => Array.FindIndex(grants, other => IsSame(other, newer) && other.Generation < newer.Generation) is >= 0 and var index
        ? [.. grants[..index], newer, .. grants[(index + 1)..]]
        : grants);

    public void Remove(Grant grant) => Change(grant, grants => Array.FindAll(grants, other => !IsSame(other, grant)));

    private async Task<IReadOnlyList<Grant>> FindAsync(Entry entry, CancellationToken cancellationToken)
    {
        entry.IsUsed = true;
        if (entry.Copy is { } known && IsPausing())
            return known.Grants;
        try
        {
            return await Read(entry).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFault(exception) && entry.Copy is not null)
        {
            return entry.Copy?.Grants ?? [];
        }
    }

    private Worth Judge(Copy copy)
    {
        if (copy.IsOutdated || copy.Epoch != epoch)
            return Worth.None;
        var age = time.GetElapsedTime(copy.ReadAt);
        if (isHearing)
            return age < GoodWhileHearing ? Worth.Good : Worth.Old;
        return age < GoodWhileDeaf ? Worth.Good : age < ServedWhileDeaf || isAway ? Worth.Old : Worth.None;
    }

    private bool IsPausing() => isAway && time.GetElapsedTime(Interlocked.Read(ref faultAt)) < PauseAfterFault;

    private static bool IsFault(Exception exception) => exception is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or IOException;

    /// <summary>One read at a time for each owner, whoever asks; a caller who cancels stops waiting and nothing else.</summary>
    private Task<IReadOnlyList<Grant>> Read(Entry entry)
    {
        lock (entry)
        {
            return entry.Reading ??= Detached.Run(() => ReadAsync(entry));
        }
    }

    private async Task<IReadOnlyList<Grant>> ReadAsync(Entry entry)
    {
        try
        {
            for (int reads = 1; ; reads++)
            {
                int seen = entry.Changes;
                int during = epoch;
                var grants = await read(entry.ClientName, entry.Owner).ConfigureAwait(false);
                isAway = false;
                lock (entry)
                {
                    // What changed meanwhile may be missing in what was read.
                    bool isSettled = seen == entry.Changes;
                    if (!isSettled && reads < MostReads)
                        continue;
                    entry.Reading = null;
                    entry.Copy = grants.Count > 0 ? new([.. grants], time.GetTimestamp(), during, IsOutdated: !isSettled) : null;
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
            lock (entry)
            {
                entry.Reading = null;
                if (entry.Copy is null)
                    Drop(entry);
            }
            if (IsFault(exception))
            {
                Interlocked.Exchange(ref faultAt, time.GetTimestamp());
                if (!isAway)
                    Log.ReadFailed(logger, exception.GetType().Name);
                isAway = true;
            }
            throw;
        }
    }

    /// <summary>A place to read into. It is taken up for good when something was read: who asks in vain drives nobody out.</summary>
    private Entry Enter(string clientName, GrantOwner owner)
    {
        string hint = hints.Of(clientName, owner);
        lock (places)
        {
            if (entries.TryGetValue((clientName, owner), out var known))
                return known;
            Entry entry = new(clientName, owner, hint);
            entries[(clientName, owner)] = byHint[hint] = entry;
            return entry;
        }
    }

    private void Admit(Entry entry)
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

    private void Drop(Entry entry)
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

    private enum Worth
    {
        /// <summary>To be served when the database is away, and not otherwise.</summary>
        None,

        /// <summary>To be served, and read again meanwhile.</summary>
        Old,
        Good,
    }

    private sealed record Copy(Grant[] Grants, long ReadAt, int Epoch, bool IsOutdated);

    private sealed class Entry(string clientName, GrantOwner owner, string hint)
    {
        private volatile Copy? copy;
        private volatile bool isUsed;

        public string ClientName => clientName;
        public GrantOwner Owner => owner;
        public string Hint => hint;
        public bool IsAdmitted { get; set; }
        public bool IsDropped { get; set; }
        public Task<IReadOnlyList<Grant>>? Reading { get; set; }
        public int Changes { get; private set; }

        public Copy? Copy
        {
            get => copy;
            set => copy = value;
        }

        public bool IsUsed
        {
            get => isUsed;
            set
            {
                // Written by every reader: not when it says so already.
                if (isUsed != value)
                    isUsed = value;
            }
        }

        public void Change(Func<Copy, Copy> change)
        {
            lock (this)
            {
                Changes++;
                // An owner without grants is not known, but asked for: a grant added elsewhere must not be missed.
                if (copy is not null)
                    copy = change(copy) is { Grants.Length: > 0 } changed ? changed : null;
            }
        }
    }
}
