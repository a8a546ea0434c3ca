using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>
/// A bounded cache whose entries expire a fixed time after they are set. When it is full, the oldest entry is removed. Reads take no lock.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="capacity">The maximum number of entries.</param>
/// <param name="lifetime">The lifetime of an entry.</param>
/// <param name="time">The clock.</param>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeSpan lifetime, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> entries = new();
    private readonly Queue<Entry> order = new();
    private readonly Lock writes = new();

    /// <summary>Gets the number of entries, including expired ones that have not been removed yet.</summary>
    public int Count => entries.Count;

    /// <summary>Finds an entry that has not expired.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value of the entry.</param>
    /// <returns><see langword="true"/> if there is one; otherwise <see langword="false"/>.</returns>
    public bool TryGet(TKey key, out TValue value)
    {
        if (entries.TryGetValue(key, out var entry) && time.GetUtcNow() < entry.ExpiresAt)
        {
            value = entry.Value;
            return true;
        }
        value = default!;
        return false;
    }

    /// <summary>Adds or replaces an entry. Its lifetime starts now.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public void Set(TKey key, TValue value)
    {
        lock (writes)
        {
            var now = time.GetUtcNow();
            // All entries have the same lifetime, so the oldest one expires first.
            while (order.TryPeek(out var oldest) && (oldest.ExpiresAt <= now || order.Count >= capacity))
            {
                order.Dequeue();
                // Removes this entry only: a key that was set again has a newer one.
                entries.TryRemove(new(oldest.Key, oldest));
            }
            Entry entry = new(key, value, now + lifetime);
            entries[key] = entry;
            order.Enqueue(entry);
        }
    }

    private sealed class Entry(TKey key, TValue value, DateTimeOffset expiresAt)
    {
        public TKey Key => key;
        public TValue Value => value;
        public DateTimeOffset ExpiresAt => expiresAt;
    }
}
