namespace OAuthClient;

/// <summary>
/// Remembers refreshes that were interrupted because the store did not respond. This node holds their leases until another node acquires
/// them. A refresh that continues with its lease need not wait until the lease expires, which could exceed the server's grace period.
/// </summary>
internal sealed class InterruptedRefreshes
{
    // A refresh whose entry was removed waits until its own lease expires.
    private const int Capacity = 10_000;

    private readonly BoundedCache<string, RefreshState> states = new(Capacity);

    /// <summary>Records a refresh for which the store did not respond.</summary>
    /// <param name="state">The state of the refresh.</param>
    public void Record(RefreshState state)
    {
        if (state.Lease is not null || state.Refusal is not null || state.IsInDoubt)
            states.Set(state.Grant.Id, state with { LeaseExpirations = 0, HasRetriedForNonce = false });
    }

    /// <summary>Records a refresh whose lease could not be released.</summary>
    /// <param name="state">The state of the refresh.</param>
    /// <param name="release">The release to which the store did not respond.</param>
    public void RecordUnreleased(RefreshState state, RefreshEffect.ReleaseLease release) =>
        Record(state with { Lease = release.Lease, IsInDoubt = state.IsInDoubt || release.Known == RefreshTokenStatus.Unknown });

    /// <summary>Records a lease that was acquired to revoke a grant.</summary>
    /// <param name="stored">The grant.</param>
    /// <param name="lease">The lease.</param>
    public void RecordHeld(Grant stored, RefreshLease lease) => Record(Resume(stored) with { Lease = lease });

    /// <summary>Gets the lease of a grant that this process still holds.</summary>
    /// <param name="grant">The grant.</param>
    /// <returns>The lease; <see langword="null"/> if there is none.</returns>
    public RefreshLease? LeaseOf(Grant grant) => states.TryGet(grant.Id, out var state) ? state.Lease : null;

    /// <summary>Gets the initial state of a refresh, and removes the recorded one.</summary>
    /// <param name="grant">The grant to refresh.</param>
    /// <returns>The state of the interrupted refresh, if the grant has not changed since; otherwise, a new state.</returns>
    public RefreshState Resume(Grant grant) =>
        states.TryRemove(grant.Id, out var state) && state.Grant.Generation == grant.Generation ? state : new RefreshState(grant);

    /// <summary>Removes the recorded state of a grant that was removed.</summary>
    /// <param name="grant">The grant.</param>
    public void Remove(Grant grant) => states.TryRemove(grant.Id, out _);
}
