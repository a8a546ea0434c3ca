namespace OAuthClient.Tests;

/// <summary>Forwards each call to another store, but those that a defect replaces.</summary>
internal class ForwardingGrantStore(IGrantStore inner) : IGrantStore
{
    /// <summary>Gets or sets what FindAsync and FindCurrentAsync do.</summary>
    public Func<string, GrantOwner, ValueTask<IReadOnlyList<Grant>>>? OnFind { get; init; }
    public Func<string, ValueTask<IReadOnlyList<Grant>>>? OnFindByFingerprint { get; init; }
    public Func<Grant, ValueTask>? OnAdd { get; init; }
    public Func<Grant, ValueTask<bool>>? OnReplace { get; init; }
    public Func<Grant, ValueTask>? OnRemove { get; init; }
    public Func<Grant, RefreshLease?, TimeSpan, ValueTask<LeaseResult>>? OnAcquire { get; init; }
    public Func<RefreshLease, RefreshTokenStatus, ValueTask>? OnRelease { get; init; }
    public Func<Grant, TimeSpan, CancellationToken, ValueTask>? OnWait { get; init; }
    public Func<string, DateTimeOffset, ValueTask<bool>>? OnConsume { get; init; }

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        OnFind?.Invoke(clientName, owner) ?? inner.FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        OnFindByFingerprint?.Invoke(fingerprint) ?? inner.FindByFingerprintAsync(fingerprint, cancellationToken);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) =>
        OnAdd?.Invoke(grant) ?? inner.AddAsync(grant, cancellationToken);

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken) =>
        OnReplace?.Invoke(newer) ?? inner.TryReplaceAsync(newer, cancellationToken);

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) =>
        OnRemove?.Invoke(grant) ?? inner.RemoveAsync(grant, cancellationToken);

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    ) => OnAcquire?.Invoke(seen, held, length) ?? inner.TryAcquireLeaseAsync(seen, held, length, cancellationToken);

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        OnRelease?.Invoke(lease, status) ?? inner.ReleaseLeaseAsync(lease, status, cancellationToken);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        OnWait?.Invoke(seen, atMost, cancellationToken) ?? inner.WaitForChangeAsync(seen, atMost, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        OnConsume?.Invoke(stateFingerprint, expiresAt) ?? inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);
}
