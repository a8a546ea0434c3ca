namespace OAuthClient.Tests;

/// <summary>The store in memory, with a database's bad days.</summary>
internal sealed class FailingStore(IGrantStore inner) : IGrantStore
{
    public bool RefusesToSave { get; set; }

    /// <summary>Compares names as the default collation of some databases does.</summary>
    public bool IgnoresCase { get; init; }

    public Action? BeforeConsuming { get; set; }

    /// <summary>What happens between the moment a lease is given and the moment its holder goes on.</summary>
    public Action? AfterLeasing { get; set; }

    public bool RepeatsAfterLeasing { get; set; }

    public bool RefusesToLease { get; set; }

    /// <summary>It was renewed, and nobody hears of it.</summary>
    public bool LosesAnswerToRenewal { get; set; }

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
            throw new IOException("The database is away.");
        if (BeforeLeasing is { } first)
            await first();
        var answer = await inner.TryAcquireLeaseAsync(seen, held, length, cancellationToken);
        if (LosesAnswerToRenewal && held is not null)
            throw new IOException("The answer was lost.");
        var then = AfterLeasing;
        if (!RepeatsAfterLeasing)
            AfterLeasing = null;
        then?.Invoke();
        return answer;
    }

    public bool RefusesToEndLeases { get; set; }

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        RefusesToEndLeases ? throw new IOException("The database is away.") : inner.ReleaseLeaseAsync(lease, status, cancellationToken);

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (BeforeWaiting is { } first)
            await first();
        await inner.WaitForChangeAsync(seen, atMost, cancellationToken);
    }

    /// <summary>What a memory that has not heard of the newest yet would say, once.</summary>
    public IReadOnlyList<Grant>? RemembersOnce { get; set; }

    public async ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (RemembersOnce is { } remembered)
        {
            RemembersOnce = null;
            return remembered;
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
            throw new IOException("The database is away.");
        bool replaced = await inner.TryReplaceAsync(newer, cancellationToken);
        Saved++;
        return replaced;
    }

    public bool RefusesToRemove { get; set; }

    /// <summary>How many removals succeed before the next ones fail.</summary>
    public int? RemovesBeforeRefusing { get; set; }

    public int Removals { get; private set; }

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        Removals++;
        return RefusesToRemove || RemovesBeforeRefusing-- <= 0
            ? throw new IOException("The database is away.")
            : inner.RemoveAsync(grant, cancellationToken);
    }

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        BeforeConsuming?.Invoke();
        return inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);
    }
}
