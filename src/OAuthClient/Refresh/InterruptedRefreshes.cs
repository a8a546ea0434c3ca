namespace OAuthClient;

/// <summary>
/// Remembers refreshes whose lease this process still holds, because the store did not answer. The lease belongs to this node until another
/// node takes it. A refresh that goes on with it need not wait until it expires, perhaps for longer than the server accepts the refresh token.
/// </summary>
internal sealed class InterruptedRefreshes
{
    // A refresh that was dropped from the memory waits for the expiry of its own lease.
    private const int Capacity = 10_000;

    private readonly BoundedCache<string, RefreshState> states = new(Capacity, StringComparer.Ordinal);

    /// <summary>Records a refresh that the store did not answer for.</summary>
    /// <param name="state">The state of the refresh.</param>
    public void Record(RefreshState state)
    {
        if (state.Lease is not null || state.Refusal is not null || state.IsInDoubt)
            states.Set(state.Grant.Id, state with { LeaseExpirations = 0 });
    }

    /// <summary>Records a refresh whose lease could not be released.</summary>
    /// <param name="state">The state of the refresh.</param>
    /// <param name="release">The release that the store did not answer for.</param>
    public void RecordUnreleased(RefreshState state, RefreshEffect.ReleaseLease release) =>
        Record(state with { Lease = release.Lease, IsInDoubt = state.IsInDoubt || release.Known == RefreshTokenStatus.Unknown });

    /// <summary>Records a lease that was taken for another reason than a refresh, and could not be released.</summary>
    /// <param name="stored">The grant.</param>
    /// <param name="lease">The lease.</param>
    public void RecordHeld(Grant stored, RefreshLease lease) => Record(Resume(stored) with { Lease = lease });

    /// <summary>Gets the lease of a grant that this process still holds.</summary>
    /// <param name="grant">The grant.</param>
    /// <returns>The lease; <see langword="null"/> if there is none.</returns>
    public RefreshLease? LeaseOf(Grant grant) => states.TryGet(grant.Id, out var state) ? state.Lease : null;

    /// <summary>Gets the state in which a refresh begins, and forgets it.</summary>
    /// <param name="grant">The grant to refresh.</param>
    /// <returns>The state of the interrupted refresh, if the grant has not changed since; otherwise, a new state.</returns>
    public RefreshState Resume(Grant grant) =>
        states.TryRemove(grant.Id, out var state) && state.Grant.Generation == grant.Generation ? state : new RefreshState(grant);

    /// <summary>Forgets a grant that was removed.</summary>
    /// <param name="grant">The grant.</param>
    public void Remove(Grant grant) => states.TryRemove(grant.Id, out _);
}
