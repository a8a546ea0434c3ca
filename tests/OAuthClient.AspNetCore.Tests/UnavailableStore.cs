namespace OAuthClient.AspNetCore.Tests;

/// <summary>A grant store whose operations all throw, as with an unreachable database.</summary>
internal sealed class UnavailableStore : IGrantStore
{
    public const string ExceptionMessage = "the database's exception message";

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        throw new IOException(ExceptionMessage);

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        throw new IOException(ExceptionMessage);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        throw new IOException(ExceptionMessage);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => throw new IOException(ExceptionMessage);

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken) => throw new IOException(ExceptionMessage);

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) => throw new IOException(ExceptionMessage);

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    ) => throw new IOException(ExceptionMessage);

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        throw new IOException(ExceptionMessage);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        throw new IOException(ExceptionMessage);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        throw new IOException(ExceptionMessage);
}
