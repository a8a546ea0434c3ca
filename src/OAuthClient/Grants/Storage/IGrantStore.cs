namespace OAuthClient;

/// <summary>Stores grants, and issues the leases under which their refresh tokens are sent to the authorization server.</summary>
/// <remarks>
/// <para>
/// Register an implementation with <c>AddGrantStore</c> to replace the store in memory. Many threads and many processes call its members at
/// the same time. A member throws when the store cannot be reached; no refresh token is sent then. Grants contain secrets: store the bytes
/// that <see cref="StoreEncryption"/> returns.
/// </para>
/// <para>
/// The library reads the store for each API call. A store that implements <see cref="IGrantChangeFeed"/> as well gets a cache in front of
/// it.
/// </para>
/// <para>
/// A store needs an atomic compare-and-set and leases. A cache without them, such as <c>IDistributedCache</c>, cannot be a store: two nodes
/// would send the same refresh token, and the authorization server would revoke the grant (RFC 9700 §4.14).
/// </para>
/// <para>
/// For each grant the store keeps the current generation, the current lease if there is one, the <see cref="RefreshTokenStatus"/> of the
/// generation's refresh token, and the last fence. A fence is a number that identifies a lease among all leases of the grant; each new
/// lease has a higher one. A new generation ends the lease and resets the status to <see cref="RefreshTokenStatus.Unused"/>, but fences
/// continue to increase.
/// </para>
/// </remarks>
public interface IGrantStore
{
    /// <summary>
    /// Gets the reason why the store does not work at the moment, as a sentence without secrets; <see langword="null"/> if it knows of
    /// none.
    /// </summary>
    /// <remarks>
    /// Health checks read this property. It returns at once and makes no network call. A value that the store rejected is not a reason.
    /// </remarks>
    string? UnavailableReason => null;

    /// <summary>Finds all grants of an owner for a client.</summary>
    /// <remarks>
    /// The library calls this method for each API call. The result may therefore come from a cache in this process, for at most a minute
    /// also while the store cannot be reached. A copy whose change was announced to this process must not be returned. Decisions other than
    /// which access token is sent use <see cref="FindCurrentAsync"/>.
    /// </remarks>
    /// <param name="clientName">The client's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The owner's grants, newest first; empty if there is none.</returns>
    ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken);

    /// <summary>
    /// Finds all grants of an owner for a decision that must not be based on an outdated copy: whether a user is signed in, and which
    /// grants end.
    /// </summary>
    /// <remarks>
    /// The result may come from a cache in this process only while every change by another process is announced to this process. If the
    /// store cannot be reached, the method throws.
    /// </remarks>
    /// <param name="clientName">The client's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The owner's grants, newest first; empty if there is none.</returns>
    ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the grants of all owners whose <see cref="Grant.SubjectFingerprint"/> or <see cref="Grant.SessionFingerprint"/> equals a
    /// value.
    /// </summary>
    /// <remarks>
    /// These grants end when the server reports that its user signed out. The result must not come from a cache in this process, because
    /// another process may have just stored a grant.
    /// </remarks>
    /// <param name="fingerprint">The fingerprint.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The grants; empty if there is none.</returns>
    ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken);

    /// <summary>Adds a grant. The owner's other grants are not changed.</summary>
    /// <param name="grant">A grant of generation 1.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the grant is stored.</returns>
    ValueTask AddAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the stored grant with the same <see cref="Grant.Id"/> if its generation is exactly one less. Compare-and-set on
    /// <see cref="Grant.Generation"/>; the lease is not checked.
    /// </summary>
    /// <remarks>
    /// The result of a refresh is saved even after its lease has expired or was taken over, because the refresh token that it replaces may
    /// no longer be valid. The replacement ends the lease of the old generation and discards the status of its refresh token.
    /// </remarks>
    /// <param name="newer">The next generation of the grant.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// <see langword="true"/> if the grant was replaced; <see langword="false"/> if nothing was changed, because the stored generation is
    /// another one or the grant does not exist.
    /// </returns>
    ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken);

    /// <summary>Removes a grant, whatever its generation. Has no effect if the grant does not exist.</summary>
    /// <param name="grant">The grant, identified by its client, owner and <see cref="Grant.Id"/>.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the grant is removed.</returns>
    ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>
    /// Acquires or renews the lease of a grant. Among all threads and processes, only the holder of the lease sends the grant's refresh
    /// token.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The method never waits for another holder. The store records the lease durably before it responds. If a lease expires without having
    /// been released or replaced by a new generation, its holder may have sent the refresh token. The next lease is then issued with the
    /// status <see cref="RefreshTokenStatus.Unknown"/>; the status <see cref="RefreshTokenStatus.Rejected"/> does not change.
    /// </para>
    /// <para>
    /// A renewal issues a lease with a higher fence and a new length, and keeps the status. It also succeeds if the lease has expired and
    /// no other caller has acquired it. A renewal that is repeated with the same <paramref name="held"/>, because the response was lost,
    /// returns the lease that it issued first, with a new length.
    /// </para>
    /// </remarks>
    /// <param name="seen">
    /// The grant as the caller knows it. No lease is issued if the stored generation differs from <see cref="Grant.Generation"/>.
    /// </param>
    /// <param name="held">The lease to renew; <see langword="null"/> to acquire a new one.</param>
    /// <param name="length">The time after which the lease expires, by the store's clock.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The stored grant, and the lease or <see langword="null"/>.</returns>
    ValueTask<LeaseResult> TryAcquireLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Releases a lease without a new generation, and ends the waiting of other callers in <see cref="WaitForChangeAsync"/>.
    /// </summary>
    /// <remarks>
    /// Has no effect unless the generation and the fence are those of the grant's current lease: a lease that was released, renewed or
    /// taken over is ignored. An expired lease that no other caller has acquired is still the current one.
    /// </remarks>
    /// <param name="lease">The lease that <see cref="TryAcquireLeaseAsync"/> returned.</param>
    /// <param name="status">The new status of the refresh token.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the lease is released.</returns>
    ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until the lease of a grant is released or expires, the stored generation changes, the grant is removed, or a time limit is
    /// reached. It may return sooner; the caller then reads the grant again.
    /// </summary>
    /// <param name="seen">The grant as the caller knows it.</param>
    /// <param name="atMost">The time limit.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the wait ends.</returns>
    ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken);

    /// <summary>
    /// Consumes a <c>state</c> value, so that a callback is processed once (RFC 9700 §4.7). Of all calls with the same fingerprint, exactly
    /// one returns <see langword="true"/>.
    /// </summary>
    /// <remarks>
    /// The store in memory records the calls of its own process only: the same callback, sent to two processes, causes two token requests.
    /// </remarks>
    /// <param name="stateFingerprint">A hash of the state.</param>
    /// <param name="expiresAt">The time until which the store must remember the state.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns><see langword="true"/> if the state was not consumed before; otherwise, <see langword="false"/>.</returns>
    ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken);
}
