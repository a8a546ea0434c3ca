namespace OAuthClient;

/// <summary>
/// Represents the exclusive, temporary right to send the refresh token of one generation of a grant to the authorization server. The lease
/// is checked before a refresh token is sent, and not when the result is saved: <see cref="IGrantStore.TryReplaceAsync"/> compares
/// generations.
/// </summary>
/// <param name="GrantId">The <see cref="Grant.Id"/> of the grant.</param>
/// <param name="Generation">The generation whose refresh token may be sent.</param>
/// <param name="Fence">The number that identifies the lease among all leases of the grant.</param>
public sealed record RefreshLease(string GrantId, long Generation, long Fence)
{
    /// <summary>Gets or sets the <see cref="Grant.Id"/> of the grant.</summary>
    public string GrantId { get; init; } = GrantId;

    /// <summary>Gets or sets the generation whose refresh token may be sent.</summary>
    public long Generation { get; init; } = Generation;

    /// <summary>
    /// Gets or sets the number that identifies the lease among all leases of the grant. Each new lease has a higher number, also one that
    /// renews another. A request to release an earlier lease that arrives late therefore has no effect.
    /// </summary>
    public long Fence { get; init; } = Fence;
}
