using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OAuthClient;

/// <summary>
/// A cache for keys that outside input can choose. It has a maximum size, and entries may expire. When it is full, expired entries are
/// removed first, then those that were not read since it was last full. Reads take no lock. It is thread-safe.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="capacity">The maximum size: the number of entries, or the sum of their sizes.</param>
/// <param name="comparer">The comparer for keys; <see langword="null"/> for the default one.</param>
/// <param name="sizeOf">Returns the size of a value; <see langword="null"/> if each has the size 1.</param>
/// <param name="removed">Called, under a lock, with each value that is removed.</param>
internal sealed class BoundedCache<TKey, TValue>(
    long capacity,
    IEqualityComparer<TKey>? comparer = null,
    Func<TValue, long>? sizeOf = null,
    Action<TValue>? removed = null
)
    where TKey : notnull
{
    private const int FirstSweepAt = 64;

    private readonly ConcurrentDictionary<TKey, Entry> entries = new(comparer);
    private readonly Lock changes = new();
    private long size;
    private long sweepAt = Math.Min(FirstSweepAt, capacity);

    /// <summary>Gets the sum of the sizes of all entries, including expired ones that have not been removed yet.</summary>
    public long Size => Volatile.Read(ref size);

    /// <summary>Gets the values of all entries, including expired ones that have not been removed yet.</summary>
    public IEnumerable<TValue> Values => entries.Select(entry => entry.Value.Value);

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

    /// <summary>Finds an entry that has not expired.</summary>
    public bool TryGet(TKey key, DateTimeOffset now, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return entries.TryGetValue(key, out var entry) && now.UtcTicks < entry.ExpiresAt && TryGet(key, out value);
    }

    /// <summary>Adds or replaces an entry that does not expire.</summary>
    public void Set(TKey key, TValue value) => Set(key, value, DateTimeOffset.MaxValue, DateTimeOffset.MinValue);

    /// <summary>Adds or replaces an entry.</summary>
    public void Set(TKey key, TValue value, DateTimeOffset expiresAt, DateTimeOffset now)
    {
        lock (changes)
            Put(key, new(value, SizeOf(value), expiresAt.UtcTicks), now.UtcTicks);
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
            Put(key, new(value, SizeOf(value), long.MaxValue), long.MinValue);
            return value;
        }
    }

    /// <summary>Determines the size of an entry again. Has no effect if the entry of the key has another value.</summary>
    public void Resize(TKey key, TValue value)
    {
        lock (changes)
        {
            if (!entries.TryGetValue(key, out var entry) || !EqualityComparer<TValue>.Default.Equals(entry.Value, value))
                return;
            long added = SizeOf(value);
            if (added > capacity)
            {
                Remove(key);
                return;
            }
            size -= entry.Size;
            entry.Size = 0;
            bool isUsed = entry.IsUsed;
            // Not removed to make room for itself.
            entry.IsUsed = true;
            MakeRoom(added, long.MinValue);
            entry.IsUsed = isUsed;
            if (entries.ContainsKey(key))
                size += entry.Size = added;
        }
    }

    /// <summary>Removes an entry if it has the given value.</summary>
    public void Remove(TKey key, TValue value)
    {
        lock (changes)
        {
            if (entries.TryGetValue(key, out var entry) && EqualityComparer<TValue>.Default.Equals(entry.Value, value))
                Remove(key);
        }
    }

    /// <summary>Removes an entry.</summary>
    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (changes)
        {
            bool isRemoved = entries.TryGetValue(key, out var entry);
            if (isRemoved)
                Remove(key);
            value = isRemoved ? entry!.Value : default;
            return isRemoved;
        }
    }

    private long SizeOf(TValue value) => sizeOf is null ? 1 : sizeOf(value);

    private void Put(TKey key, Entry entry, long now)
    {
        if (entries.TryGetValue(key, out var replaced))
            size -= replaced.Size;
        else
            MakeRoom(entry.Size, now);
        entries[key] = entry;
        size += entry.Size;
    }

    private void MakeRoom(long added, long now)
    {
        if (size + added <= sweepAt)
            return;
        RemoveWhere(entry => entry.ExpiresAt <= now, downTo: 0);
        if (size + added > capacity)
        {
            // A quarter is freed, so that a full cache is not scanned with each addition.
            long downTo = Math.Max(capacity * 3 / 4 - added + 1, 0);
            RemoveWhere(entry => !entry.IsUsed, downTo);
            RemoveWhere(_ => true, downTo);
            foreach (var (_, entry) in entries)
                entry.IsUsed = false;
        }
        sweepAt = Math.Clamp((size + added) * 2, Math.Min(FirstSweepAt, capacity), capacity);
    }

    private void RemoveWhere(Predicate<Entry> isUnwanted, long downTo)
    {
        foreach (var (key, entry) in entries)
        {
            if (size <= downTo)
                return;
            if (isUnwanted(entry))
                Remove(key);
        }
    }

    private void Remove(TKey key)
    {
        if (!entries.TryRemove(key, out var entry))
            return;
        size -= entry.Size;
        removed?.Invoke(entry.Value);
    }

    private sealed class Entry(TValue value, long size, long expiresAt)
    {
        private volatile bool isUsed;

        public TValue Value => value;
        public long Size { get; set; } = size;

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
