namespace OAuthClient;

/// <summary>Represents the result of <see cref="IGrantStore.TryAcquireLeaseAsync"/>.</summary>
/// <param name="Current">The stored grant, or <see langword="null"/>.</param>
/// <param name="Lease">The lease, or <see langword="null"/>.</param>
/// <param name="PreviousStatus">The status of the stored generation's refresh token before this lease.</param>
public sealed record LeaseResult(Grant? Current, RefreshLease? Lease, RefreshTokenStatus PreviousStatus)
{
    /// <summary>Gets or sets the stored grant; <see langword="null"/> if it does not exist.</summary>
    public Grant? Current { get; init; } = Current;

    /// <summary>
    /// Gets or sets the lease; <see langword="null"/> if another caller holds it, the stored generation is not the one that was passed, or
    /// the grant does not exist.
    /// </summary>
    public RefreshLease? Lease { get; init; } = Lease;

    /// <summary>
    /// Gets or sets the status of the stored generation's refresh token before this lease; <see cref="RefreshTokenStatus.Unused"/> if the
    /// stored generation is not the one that was passed.
    /// </summary>
    public RefreshTokenStatus PreviousStatus { get; init; } = PreviousStatus;
}
