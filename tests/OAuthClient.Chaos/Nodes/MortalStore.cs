using System.Diagnostics;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Nodes;

/// <summary>The store, and the named points at which the plan kills this process: as <c>kill -9</c> does, with nothing said and nothing saved.</summary>
internal sealed class MortalStore(IGrantStore inner, FaultPlan plan, string node, Trace? trace) : IGrantStore
{
    /// <summary>From when on the plan is no longer followed: whoever dies then is missed by nobody in time.</summary>
    public DateTimeOffset MortalUntil { get; set; }

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
        DieAt("answered, not saved", newer, newer.Generation);
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
        DieAt("saved", newer, newer.Generation);
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
        var answer = await inner.TryAcquireLeaseAsync(seen, held, length, cancellationToken);
        trace?.Write(
            $"{seen.Owner} generation {seen.Generation} lease {answer.Lease?.Fence} stored {answer.Current?.Generation} {answer.PreviousStatus}"
        );
        if (answer.Lease is not null)
            DieAt("leased, not sent", seen, seen.Generation);
        return answer;
    }

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        inner.ReleaseLeaseAsync(lease, status, cancellationToken);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        inner.WaitForChangeAsync(seen, atMost, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);

    private void DieAt(string point, Grant grant, long generation)
    {
        if (TimeProvider.System.GetUtcNow() >= MortalUntil || !plan.Kills(grant.Owner.Id!, generation, point, node))
            return;
        trace?.Write($"{grant.Owner} generation {generation} killed: {point}");
        using var self = Process.GetCurrentProcess();
        self.Kill();
        self.WaitForExit();
    }
}
