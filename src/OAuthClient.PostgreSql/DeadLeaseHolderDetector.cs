using System.Collections.Concurrent;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Which holders of leases seem dead, as seen by this node. A lock that is missing may be a node that is just connecting anew, and to
/// call a living holder dead would cost the grant (its refresh token presented twice), while to wait costs time only. So it must be
/// missing at every look for 2 seconds: far longer than connecting takes, far shorter than the 10 seconds for which servers commonly
/// still take the old refresh token.
/// </summary>
internal sealed class DeadLeaseHolderDetector(TimeProvider time)
{
    private const int Enough = 10_000;

    private static readonly TimeSpan Proof = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (long Fence, long Since)> missing = new(StringComparer.Ordinal);

    /// <summary>Notes what a look at a lease showed.</summary>
    /// <returns>Whether its holder is dead.</returns>
    public bool Note(string grantId, LeaseSnapshot snapshot)
    {
        if (!snapshot.IsHolderGone)
        {
            missing.TryRemove(grantId, out _);
            return false;
        }
        if (missing.TryGetValue(grantId, out var known) && known.Fence == snapshot.Fence)
            return time.GetElapsedTime(known.Since) >= Proof;
        // Of leases nobody asked for again; what is lost with them is 2 seconds.
        if (missing.Count >= Enough)
            missing.Clear();
        missing[grantId] = (snapshot.Fence, time.GetTimestamp());
        return false;
    }

    /// <returns>The fence of a lease whose holder is dead.</returns>
    public long? DeadFence(string grantId) =>
        missing.TryGetValue(grantId, out var known) && time.GetElapsedTime(known.Since) >= Proof ? known.Fence : null;

    public void Forget(string grantId) => missing.TryRemove(grantId, out _);
}
