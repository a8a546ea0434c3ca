using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests two nodes, which work on the same data.</summary>
internal static class NodeCases
{
    private const string Shared = "Keep this in the shared data, not in the memory of one node.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("A change by one node reaches another", "A user is signed in, and signed out, on all nodes.", ChangesAsync),
        new("A grant of one node is found by fingerprint on another", "A logout can reach any node.", FingerprintAsync),
        new("Two nodes do not hold the same lease", "If two nodes send the same refresh token, the server revokes the grant.", LeaseAsync),
        new("One node releases the lease, and another acquires it", "The status of the refresh token is known to all nodes.", StatusAsync),
        new("One of two nodes replaces a generation", "A result of one node must not overwrite that of another.", ReplaceAsync),
        new("A state is consumed once on all nodes", StateCases.Reason, StateAsync),
        .. WaitCases.Ends.Select(end => new CaseDefinition<IGrantStore>(
            $"A {end.Name} by one node ends the wait on another",
            "A node waits for the refresh of another node instead of sending its own.",
            (run, cancel) => WaitAsync(run, end.Name, end.End, cancel)
        )),
    ];

    private static async Task ChangesAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        await FindAsync(other, "42", cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        await ReachesAsync(run, other, ["g1 of generation 1"], "added", cancellationToken);
        await run.Store.TryReplaceAsync(Next(grant), cancellationToken);
        await ReachesAsync(run, other, ["g1 of generation 2"], "replaced", cancellationToken);
        await run.Store.RemoveAsync(grant, cancellationToken);
        await ReachesAsync(run, other, [], "removed", cancellationToken);
    }

    private static async Task FingerprintAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = Create("g1", "42", sessionId: "s1");
        await FindAsync(other, "42", cancellationToken);
        await run.Store.AddAsync(grant, cancellationToken);
        Expect.Sequence(
            "The grants with a fingerprint, on the node that did not add them",
            ["g1 of generation 1"],
            Describe(await other.FindByFingerprintAsync(grant.SessionFingerprint!, cancellationToken)),
            "FindByFingerprintAsync must read the shared data, and no cache."
        );
    }

    private static async Task LeaseAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 32)
                .Select(i =>
                    BackgroundWork.Run(() =>
                        (i % 2 == 0 ? run.Store : other).TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken).AsTask()
                    )
                )
        );
        Expect.Equal(
            "The number of 32 callers on two nodes that acquired the lease",
            1,
            results.Count(one => one.Lease is not null),
            OneHolder + " " + Shared
        );
    }

    private static async Task StatusAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        await ExpectHeldAsync(other, grant, "on another node", Shared, cancellationToken);
        await run.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Rejected, cancellationToken);
        var next = await other.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken);
        Expect.That(
            next.Lease?.Fence > lease.Fence,
            "A lease that one node released must be acquired by another with a higher fence, but it was not.",
            Shared
        );
        ExpectStatus(next, RefreshTokenStatus.Rejected, "on another node", Shared);
    }

    private static async Task ReplaceAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        Expect.Equal("TryReplaceAsync on another node", true, await other.TryReplaceAsync(Next(grant), cancellationToken), Shared);
        Expect.Equal(
            "TryReplaceAsync of a generation that another node has replaced",
            false,
            await run.Store.TryReplaceAsync(Next(grant), cancellationToken),
            "Compare the generation in the shared data, and not that of a cached copy."
        );
        Expect.Equal(
            "The lease for a generation that another node has replaced",
            null,
            (await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken)).Lease,
            "Compare the generation in the shared data, and not that of a cached copy."
        );
    }

    private static async Task StateAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        await run.Store.TryConsumeStateAsync("state", Expiry, cancellationToken);
        Expect.Equal(
            "TryConsumeStateAsync of a state that another node consumed",
            false,
            await other.TryConsumeStateAsync("state", Expiry, cancellationToken),
            Shared
        );
    }

    private static async Task WaitAsync(CaseRun<IGrantStore> run, string name, LeaseEnd end, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var wait = other.WaitForChangeAsync(grant, Long, cancellationToken).AsTask();
        await end(run.Store, grant, lease, cancellationToken);
        await run.WhileTimePassesAsync(
            wait,
            $"WaitForChangeAsync must return after the {name} of the lease on another node.",
            "Notify the other nodes, or look at the shared data at intervals.",
            cancellationToken
        );
    }

    private static Task ReachesAsync(
        CaseRun<IGrantStore> run,
        IGrantStore other,
        IReadOnlyList<string> expected,
        string change,
        CancellationToken cancellationToken
    ) =>
        run.EventuallyAsync(
            async () => Describe(await FindAsync(other, "42", cancellationToken)).SequenceEqual(expected, StringComparer.Ordinal),
            $"FindCurrentAsync must show on one node that another node {change} a grant.",
            "FindCurrentAsync may read a cache only while each change by another node is announced to this one.",
            cancellationToken
        );
}
