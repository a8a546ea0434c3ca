using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests a store with a change feed: its members, and two nodes with the cache of the library.</summary>
internal static class FeedCases
{
    private const string Report = "Report each change to the feeds of the other nodes, with the key of the owner.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("A change by one node replaces the cached copy of another", "A copy whose change was reported is not returned.", CopyAsync),
        new("A change of one owner leaves the copies of others valid", "The key of a report names one owner.", OthersAsync),
        .. WaitCases.Ends.Select(end => new CaseDefinition<IGrantStore>(
            $"A {end.Name} by one node is announced to a waiting node",
            "A waiting node does not poll.",
            (run, cancel) => WaitAsync(run, end.Name, end.End, cancel)
        )),
        .. FeedMemberCases.All,
    ];

    private static async Task CopyAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await FeedNodes.OpenCachedAsync(run, cancellationToken);
        await other.FindAsync(Client, GrantOwner.User("42"), cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        await ReachesAsync(run, other, "42", ["g1 of generation 1"], "added", cancellationToken);
        await run.Store.TryReplaceAsync(Next(grant), cancellationToken);
        await ReachesAsync(run, other, "42", ["g1 of generation 2"], "replaced", cancellationToken);
        await run.Store.RemoveAsync(grant, cancellationToken);
        await ReachesAsync(run, other, "42", [], "removed", cancellationToken);
    }

    private static async Task OthersAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await FeedNodes.OpenCachedAsync(run, cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.AddAsync(Create("g2", "43"), cancellationToken);
        await ReachesAsync(run, other, "42", ["g1 of generation 1"], "added", cancellationToken);
        await ReachesAsync(run, other, "43", ["g2 of generation 1"], "added", cancellationToken);
        await run.Store.RemoveAsync(grant, cancellationToken);
        await ReachesAsync(run, other, "42", [], "removed", cancellationToken);
        Expect.Sequence(
            "The grants of an owner after a grant of another owner was removed by another node",
            ["g2 of generation 1"],
            Describe(await other.FindAsync(Client, GrantOwner.User("43"), cancellationToken)),
            "Find the grants of each owner in the shared data, whatever happened to other owners."
        );
    }

    private static async Task WaitAsync(CaseRun<IGrantStore> run, string name, LeaseEnd end, CancellationToken cancellationToken)
    {
        var other = await FeedNodes.OpenCachedAsync(run, cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var wait = other.WaitForChangeAsync(grant, Long, cancellationToken).AsTask();
        await end(run.Store, grant, lease, cancellationToken);
        await run.WithinLimitAsync(
            wait,
            $"WaitForChangeAsync must return after the {name} of the lease on another node, although the clock of the store stands still.",
            Report,
            cancellationToken
        );
    }

    private static Task ReachesAsync(
        CaseRun<IGrantStore> run,
        IGrantStore other,
        string owner,
        IReadOnlyList<string> expected,
        string change,
        CancellationToken cancellationToken
    ) =>
        run.EventuallyAsync(
            async () =>
                Describe(await other.FindAsync(Client, GrantOwner.User(owner), cancellationToken))
                    .SequenceEqual(expected, StringComparer.Ordinal),
            $"FindAsync must show on one node that another node {change} a grant.",
            Report,
            cancellationToken
        );
}
