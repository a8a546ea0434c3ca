using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>
/// A bounded cache whose entries expire a fixed time after they were set. When it is full, the oldest entry is removed. Reads take no lock.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="capacity">How many entries it holds at most.</param>
/// <param name="lifetime">How long an entry lives.</param>
/// <param name="time">The clock.</param>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeSpan lifetime, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> entries = new();
    private readonly Queue<Entry> order = new();
    private readonly Lock writes = new();

    /// <summary>Gets the number of entries, including those that have expired and are not removed yet.</summary>
    public int Count => entries.Count;

    /// <summary>Looks up an entry that has not expired.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value that was set last.</param>
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

    /// <summary>Sets an entry, which lives for the whole lifetime from now on.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public void Set(TKey key, TValue value)
    {
        lock (writes)
        {
            var now = time.GetUtcNow();
            // All entries live equally long, so the oldest one expires first.
            while (order.TryPeek(out var oldest) && (oldest.ExpiresAt <= now || order.Count >= capacity))
            {
                order.Dequeue();
                // A key that was set again has a newer entry, which stays.
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
