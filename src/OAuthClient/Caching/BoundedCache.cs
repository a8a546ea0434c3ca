using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OAuthClient;

/// <summary>
/// A cache for keys that outside input can choose. It has a maximum number of entries, and entries may expire. When it is full, expired
/// entries are removed first, then those that were not read since it was last full. Reads take no lock. It is thread-safe.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="capacity">The maximum number of entries.</param>
/// <param name="comparer">The comparer for keys; <see langword="null"/> for the default one.</param>
internal sealed class BoundedCache<TKey, TValue>(int capacity, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private const int FirstSweepAt = 64;

    private readonly ConcurrentDictionary<TKey, Entry> entries = new(comparer);
    private readonly Lock changes = new();
    private int count;
    private int sweepAt = Math.Min(FirstSweepAt, capacity);

    /// <summary>Gets the number of entries, including expired ones that have not been removed yet.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Finds an entry. It may have expired, if it has not been removed yet.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            value = default;
            return false;
        }
        // Written once and not with every read, so that readers do not invalidate the cache line for each other.
        if (!entry.IsUsed)
            entry.IsUsed = true;
        value = entry.Value;
        return true;
    }

    /// <summary>Adds or replaces an entry that does not expire.</summary>
    public void Set(TKey key, TValue value) => Set(key, value, DateTimeOffset.MaxValue, DateTimeOffset.MinValue);

    /// <summary>Adds or replaces an entry.</summary>
    public void Set(TKey key, TValue value, DateTimeOffset expiresAt, DateTimeOffset now)
    {
        lock (changes)
            Put(key, new(value, expiresAt.UtcTicks), now.UtcTicks);
    }

    /// <summary>Finds an entry, or adds one that does not expire.</summary>
    /// <param name="key">The key.</param>
    /// <param name="create">Creates the value. It is called under a lock and must be fast.</param>
    /// <returns>The value of the entry.</returns>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> create)
    {
        if (TryGet(key, out var known))
            return known;
        lock (changes)
        {
            if (TryGet(key, out known))
                return known;
            var value = create(key);
            Put(key, new(value, long.MaxValue), long.MinValue);
            return value;
        }
    }

    /// <summary>Replaces the value of an entry if it equals <paramref name="known"/>. The expiration does not change.</summary>
    public void TryReplace(TKey key, TValue newer, TValue known)
    {
        lock (changes)
        {
            if (entries.TryGetValue(key, out var entry) && EqualityComparer<TValue>.Default.Equals(entry.Value, known))
                entries[key] = new(newer, entry.ExpiresAt);
        }
    }

    /// <summary>Removes an entry.</summary>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (changes)
        {
            bool isRemoved = entries.TryRemove(key, out var entry);
            if (isRemoved)
                count--;
            value = isRemoved ? entry!.Value : default;
            return isRemoved;
        }
    }

    private void Put(TKey key, Entry entry, long now)
    {
        if (entries.ContainsKey(key))
        {
            entries[key] = entry;
            return;
        }
        if (count >= sweepAt)
            Sweep(now);
        entries[key] = entry;
        count++;
    }

    private void Sweep(long now)
    {
        Remove(entry => entry.ExpiresAt <= now, downTo: 0);
        if (count >= capacity)
        {
            // A quarter is freed, so that a full cache is not scanned with each addition.
            int downTo = capacity * 3 / 4;
            Remove(entry => !entry.IsUsed, downTo);
            Remove(_ => true, downTo);
            foreach (var (_, entry) in entries)
                entry.IsUsed = false;
        }
        sweepAt = Math.Clamp(count * 2, Math.Min(FirstSweepAt, capacity), capacity);
    }

    private void Remove(Predicate<Entry> isUnwanted, int downTo)
    {
        foreach (var (key, entry) in entries)
        {
            if (count <= downTo)
                return;
            if (isUnwanted(entry) && entries.TryRemove(key, out _))
                count--;
        }
    }

    private sealed class Entry(TValue value, long expiresAt)
    {
        private volatile bool isUsed;

        public TValue Value => value;

        /// <summary>Gets the time at which the entry expires, in UTC ticks.</summary>
        public long ExpiresAt => expiresAt;

        /// <summary>Gets or sets a value indicating whether the entry was read since the cache was last full.</summary>
        public bool IsUsed
        {
            get => isUsed;
            set => isUsed = value;
        }
    }
}
