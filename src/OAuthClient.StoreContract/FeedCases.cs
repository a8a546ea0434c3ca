using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests a store whose nodes announce their changes to each other.</summary>
internal static class FeedCases
{
    private const string Announce = "Announce each change to the other nodes, and drop or update the cached copy there.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("A change by one node replaces the cached copy of another", "A copy whose change was announced is not returned.", CopyAsync),
        new(
            "A change of one owner leaves the copies of others valid",
            "An announcement names the owner, or drops every copy.",
            OthersAsync
        ),
        .. WaitCases.Ends.Select(end => new CaseDefinition<IGrantStore>(
            $"A {end.Name} by one node is announced to a waiting node",
            "A waiting node does not poll.",
            (run, cancel) => WaitAsync(run, end.Name, end.End, cancel)
        )),
    ];

    private static async Task CopyAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
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
        var other = await run.OpenAsync(cancellationToken);
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
            "Drop only copies of the owner that the announcement names, or read the shared data again."
        );
    }

    private static async Task WaitAsync(CaseRun<IGrantStore> run, string name, LeaseEnd end, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var wait = other.WaitForChangeAsync(grant, Long, cancellationToken).AsTask();
        await end(run.Store, grant, lease, cancellationToken);
        await run.WithinLimitAsync(
            wait,
            $"WaitForChangeAsync must return after the {name} of the lease on another node, although the clock of the store stands still.",
            Announce,
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
            Announce,
            cancellationToken
        );
}
