using System.Diagnostics;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Nodes;

/// <summary>A store that kills this process at the named points of the plan, as <c>kill -9</c> does.</summary>
internal sealed class CrashingStore(IGrantStore inner, FaultPlan plan, string node, Trace? trace) : IGrantStore
{
    /// <summary>Gets or sets the time after which the plan is no longer followed, because no other node could take over in time.</summary>
    public DateTimeOffset CrashesUntil { get; set; }

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        inner.FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        inner.FindCurrentAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        inner.FindByFingerprintAsync(fingerprint, cancellationToken);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => inner.AddAsync(grant, cancellationToken);

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        trace?.Write($"{newer.Owner} generation {newer.Generation} answered");
        CrashAt("answered, not saved", newer, newer.Generation);
        bool replaced;
        try
        {
            replaced = await inner.TryReplaceAsync(newer, cancellationToken);
            trace?.Write($"{newer.Owner} generation {newer.Generation} {(replaced ? "saved" : "not saved")}");
        }
        catch (Exception exception)
        {
            trace?.Write($"{newer.Owner} generation {newer.Generation} not saved: {exception.GetType().Name} {exception.Message}");
            throw;
        }
        CrashAt("saved", newer, newer.Generation);
        return replaced;
    }

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) => inner.RemoveAsync(grant, cancellationToken);

    public async ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    )
    {
        var result = await inner.TryAcquireLeaseAsync(seen, held, length, cancellationToken);
        trace?.Write(
            $"{seen.Owner} generation {seen.Generation} "
                + $"lease {result.Lease?.Fence} stored {result.Current?.Generation} {result.PreviousStatus}"
        );
        if (result.Lease is not null)
            CrashAt("leased, not sent", seen, seen.Generation);
        return result;
    }

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        inner.ReleaseLeaseAsync(lease, status, cancellationToken);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        inner.WaitForChangeAsync(seen, atMost, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);

    private void CrashAt(string point, Grant grant, long generation)
    {
        if (TimeProvider.System.GetUtcNow() >= CrashesUntil || !plan.Kills(grant.Owner.Id!, generation, point, node))
            return;
        trace?.Write($"{grant.Owner} generation {generation} killed: {point}");
        using var self = Process.GetCurrentProcess();
        self.Kill();
        self.WaitForExit();
    }
}
