namespace OAuthClient.Tests;

/// <summary>An in-memory store that simulates failures of a database.</summary>
internal sealed class FailingStore(IGrantStore inner) : IGrantStore
{
    public bool RefusesToSave { get; set; }

    /// <summary>Gets a value indicating whether names are compared as the default collation of some databases does.</summary>
    public bool IgnoresCase { get; init; }

    public Action? BeforeConsuming { get; set; }

    /// <summary>Gets or sets an action that runs after a lease is acquired and before the caller continues.</summary>
    public Action? AfterLeasing { get; set; }

    public bool RepeatsAfterLeasing { get; set; }

    public bool RefusesToLease { get; set; }

    /// <summary>Gets or sets a value indicating whether a renewal succeeds and its response is lost.</summary>
    public bool LosesResponseToRenewal { get; set; }

    public Func<Task>? BeforeLeasing { get; set; }

    public Func<Task>? BeforeWaiting { get; set; }

    public string? UnavailableReason { get; set; }

    public async ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    )
    {
        if (RefusesToLease)
            throw new IOException("The database is unavailable.");
        if (BeforeLeasing is { } first)
            await first();
        var result = await inner.TryAcquireLeaseAsync(seen, held, length, cancellationToken);
        if (LosesResponseToRenewal && held is not null)
            throw new IOException("The response was lost.");
        var then = AfterLeasing;
        if (!RepeatsAfterLeasing)
            AfterLeasing = null;
        then?.Invoke();
        return result;
    }

    public bool RefusesToEndLeases { get; set; }

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        RefusesToEndLeases
            ? throw new IOException("The database is unavailable.")
            : inner.ReleaseLeaseAsync(lease, status, cancellationToken);

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (BeforeWaiting is { } first)
            await first();
        await inner.WaitForChangeAsync(seen, atMost, cancellationToken);
    }

    /// <summary>Gets or sets an outdated result that the next read returns, as a stale replica would.</summary>
    public IReadOnlyList<Grant>? StaleResultOnce { get; set; }

    public async ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (StaleResultOnce is { } stale)
        {
            StaleResultOnce = null;
            return stale;
        }
        return await inner.FindAsync(clientName, IgnoresCase ? GrantOwner.User(owner.Id!.ToLowerInvariant()) : owner, cancellationToken);
    }

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        inner.FindByFingerprintAsync(fingerprint, cancellationToken);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => inner.AddAsync(grant, cancellationToken);

    public int Saved { get; private set; }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        if (RefusesToSave)
            throw new IOException("The database is unavailable.");
        bool replaced = await inner.TryReplaceAsync(newer, cancellationToken);
        Saved++;
        return replaced;
    }

    public bool RefusesToRemove { get; set; }

    /// <summary>Gets or sets the number of removals that succeed before the following ones fail.</summary>
    public int? RemovesBeforeRefusing { get; set; }

    public int Removals { get; private set; }

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        Removals++;
        return RefusesToRemove || RemovesBeforeRefusing-- <= 0
            ? throw new IOException("The database is unavailable.")
            : inner.RemoveAsync(grant, cancellationToken);
    }

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        BeforeConsuming?.Invoke();
        return inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);
    }
}
