namespace OAuthClient;

/// <summary>
/// The states that were used up on this node and could still come again (RFC 9700 §4.7). Bounded: under a flood the ones
/// used first are forgotten first, and a code behind them is still spent at the server.
/// </summary>
internal sealed class UsedStates(TimeProvider time)
{
    internal const int Capacity = 1_000_000;

    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly Queue<(string Fingerprint, DateTimeOffset ExpiresAt)> order = new();
    private readonly Lock changes = new();

    public int Count => order.Count;

    public bool TryAdd(string fingerprint, DateTimeOffset expiresAt)
    {
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

    private void ForgetOldest() => used.Remove(order.Dequeue().Fingerprint);
}
