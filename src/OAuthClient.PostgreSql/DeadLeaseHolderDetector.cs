namespace OAuthClient.PostgreSql;

/// <summary>
/// Detects lease holders that have ended without a release. A missing advisory lock can also mean that a node is reconnecting. A false
/// positive could cost the grant, because its refresh token would be sent twice; waiting costs only time. The lock must therefore be
/// missing at every observation for 2 seconds. This is much longer than a reconnect, and much shorter than the 10 seconds for which
/// servers commonly accept a rotated refresh token.
/// </summary>
internal sealed class DeadLeaseHolderDetector(TimeProvider time)
{
    private const int MaximumEntries = 10_000;

    private static readonly TimeSpan RequiredAbsence = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (long Fence, long Since)> missing = new();
    private readonly Lock changes = new();

    /// <summary>Records an observation of a lease.</summary>
    /// <returns><see langword="true"/> if its holder is dead.</returns>
    public bool Observe(string grantId, LeaseSnapshot snapshot)
    {
        lock (changes)
        {
            if (snapshot.IsHolderGone is false)
            {
                missing.Remove(grantId);
                return false;
            }
            if (snapshot.IsHolderGone is null || (missing.TryGetValue(grantId, out var known) && known.Fence == snapshot.Fence))
                return DeadFence(grantId) == snapshot.Fence;
            // These are leases that were not observed again. Clearing them delays a detection by 2 seconds at most.
            if (missing.Count >= MaximumEntries)
                missing.Clear();
            missing[grantId] = (snapshot.Fence, time.GetTimestamp());
            return false;
        }
    }

    /// <summary>Determines whether a holder of the grant's lease was missing, so that each observation must look for it again.</summary>
    public bool IsSuspected(string grantId)
    {
        lock (changes)
            return missing.ContainsKey(grantId);
    }

    /// <returns>The fence of the grant's lease if its holder is dead; otherwise <see langword="null"/>.</returns>
    public long? DeadFence(string grantId)
    {
        lock (changes)
        {
            return missing.TryGetValue(grantId, out var known) && time.GetElapsedTime(known.Since) >= RequiredAbsence ? known.Fence : null;
        }
    }

    public void Remove(string grantId)
    {
        lock (changes)
            missing.Remove(grantId);
    }
}
