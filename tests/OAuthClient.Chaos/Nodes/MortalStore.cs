using System.Diagnostics;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Nodes;

/// <summary>The store, and the named points at which the plan kills this process: as <c>kill -9</c> does, with nothing said and nothing saved.</summary>
internal sealed class MortalStore(IGrantStore inner, FaultPlan plan, string node) : IGrantStore
{
    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        inner.FindAsync(clientName, owner, cancellationToken);

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => inner.AddAsync(grant, cancellationToken);

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        DieAt("answered, not saved", newer, newer.Generation);
        bool replaced = await inner.TryReplaceAsync(newer, cancellationToken);
        DieAt("saved", newer, newer.Generation);
        return replaced;
    }

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) => inner.RemoveAsync(grant, cancellationToken);

    public async ValueTask<LeaseAnswer> TryLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken)
    {
        var answer = await inner.TryLeaseAsync(seen, held, length, cancellationToken);
        if (answer.Lease is not null)
            DieAt("leased, not sent", seen, seen.Generation);
        return answer;
    }

    public ValueTask EndLeaseAsync(RefreshLease lease, Presentation presentation, CancellationToken cancellationToken) =>
        inner.EndLeaseAsync(lease, presentation, cancellationToken);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        inner.WaitForChangeAsync(seen, atMost, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        inner.TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);

    private void DieAt(string point, Grant grant, long generation)
    {
        if (!plan.Kills(grant.Owner.Id!, generation, point, node))
            return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        self.WaitForExit();
    }
}
