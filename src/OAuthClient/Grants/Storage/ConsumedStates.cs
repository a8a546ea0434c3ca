using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// The states that were used up on this node and could still come again (RFC 9700 §4.7). Bounded: under a flood the ones
/// used first are forgotten first, and a code behind them is still spent at the server. An instance of its own remembers logout tokens.
/// </summary>
internal sealed class ConsumedStates(TimeProvider time)
{
    internal const int Capacity = 1_000_000;

    private readonly HashSet<UInt128> used = [];
    private readonly Queue<(UInt128 Fingerprint, DateTimeOffset ExpiresAt)> order = new();
    private readonly Lock changes = new();

    public int Count => order.Count;

    public bool TryAdd(string stateFingerprint, DateTimeOffset expiresAt)
    {
        var fingerprint = Hash(stateFingerprint);
        lock (changes)
        {
            // In order of use, not of expiry: one with a long life holds back the ones behind it for that long, no longer.
            var now = time.GetUtcNow();
            while (order.TryPeek(out var oldest) && oldest.ExpiresAt <= now)
                ForgetOldest();
            if (!used.Add(fingerprint))
                return false;
            order.Enqueue((fingerprint, expiresAt));
            if (order.Count > Capacity)
                ForgetOldest();
            return true;
        }
    }

    /// <summary>Returns whether <see cref="TryAdd"/> added this fingerprint and it has not been forgotten since.</summary>
    public bool Contains(string stateFingerprint)
    {
        var fingerprint = Hash(stateFingerprint);
        lock (changes)
            return used.Contains(fingerprint);
    }

    // 128 bits of a hash in place of a string: a quarter of the memory at the bound, and no two states that meet.
    private static UInt128 Hash(string stateFingerprint) =>
        MemoryMarshal.Read<UInt128>(SHA256.HashData(MemoryMarshal.AsBytes(stateFingerprint.AsSpan())));

    private void ForgetOldest() => used.Remove(order.Dequeue().Fingerprint);
}
