namespace OAuthClient.AspNetCore.Tests;

/// <summary>A store that cannot be reached.</summary>
internal sealed class AbsentStore : IGrantStore
{
    public const string Words = "the database's own words";

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        throw new IOException(Words);

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        throw new IOException(Words);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        throw new IOException(Words);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => throw new IOException(Words);

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken) => throw new IOException(Words);

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) => throw new IOException(Words);

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    ) => throw new IOException(Words);

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        throw new IOException(Words);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) => throw new IOException(Words);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        throw new IOException(Words);
}
