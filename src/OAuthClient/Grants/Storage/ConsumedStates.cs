using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// Records the states that were consumed on this node, until they expire (RFC 9700 §4.7). When the capacity is reached, the oldest are
/// removed; the server still rejects an authorization code that was consumed before. A separate instance records logout tokens.
/// </summary>
internal sealed class ConsumedStates(TimeProvider time)
{
    internal const int Capacity = 1_000_000;

    private readonly HashSet<UInt128> consumed = [];
    private readonly Queue<(UInt128 Fingerprint, DateTimeOffset ExpiresAt)> order = new();
    private readonly Lock changes = new();

    public int Count => order.Count;

    public bool TryAdd(string stateFingerprint, DateTimeOffset expiresAt)
    {
        var fingerprint = Hash(stateFingerprint);
        lock (changes)
        {
            // In order of use, not of expiry: an entry that expires late delays the removal of those after it until then.
            var now = time.GetUtcNow();
            while (order.TryPeek(out var oldest) && oldest.ExpiresAt <= now)
                RemoveOldest();
            if (!consumed.Add(fingerprint))
                return false;
            order.Enqueue((fingerprint, expiresAt));
            if (order.Count > Capacity)
                RemoveOldest();
            return true;
        }
    }

    /// <summary>Determines whether <see cref="TryAdd"/> added this fingerprint and it was not removed since.</summary>
    public bool Contains(string stateFingerprint)
    {
        var fingerprint = Hash(stateFingerprint);
        lock (changes)
            return consumed.Contains(fingerprint);
    }

    // 128 bits of a hash instead of a string take a quarter of the memory. A collision is practically impossible.
    private static UInt128 Hash(string stateFingerprint) =>
        MemoryMarshal.Read<UInt128>(SHA256.HashData(MemoryMarshal.AsBytes(stateFingerprint.AsSpan())));

    private void RemoveOldest() => consumed.Remove(order.Dequeue().Fingerprint);
}
