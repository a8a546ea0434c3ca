namespace OAuthClient.Tests.Grants;

/// <summary>The store in memory, with a database's bad days.</summary>
internal sealed class FailingStore(IGrantStore inner) : IGrantStore
{
    public bool RefusesToSave { get; set; }

    /// <summary>Compares names as the default collation of some databases does.</summary>
    public bool IgnoresCase { get; init; }

    public Action? BeforeConsuming { get; set; }

    public ValueTask<LeaseAnswer> TryLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken) =>
        inner.TryLeaseAsync(seen, held, length, cancellationToken);

    public ValueTask EndLeaseAsync(RefreshLease lease, Presentation presentation, CancellationToken cancellationToken) =>
        inner.EndLeaseAsync(lease, presentation, cancellationToken);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        inner.WaitForChangeAsync(seen, atMost, cancellationToken);

    public async ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        await inner.FindAsync(clientName, IgnoresCase ? owner.Id!.ToLowerInvariant() : owner, cancellationToken);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => inner.AddAsync(grant, cancellationToken);

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken) =>
        RefusesToSave ? throw new IOException("The database is away.") : inner.TryReplaceAsync(newer, cancellationToken);

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) => inner.RemoveAsync(grant, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        BeforeConsuming?.Invoke();
        return inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);
    }
}
