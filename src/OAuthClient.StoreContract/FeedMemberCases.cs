using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests each member of a change feed, without the cache.</summary>
internal static class FeedMemberCases
{
    private const string Derive =
        "Derive the key from the client's name and GrantOwner.ToString, which includes the kind of the owner. Keep both apart, and their "
        + "case.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new(
            "A feed that is connected says so to its subscriber",
            "The cache reads the store every few seconds while it does not know that the feed is connected.",
            async (run, cancel) => await FeedNodes.OpenObservedAsync(run, cancel)
        ),
        new(
            "A change by one node is reported to another when it is visible there",
            "The cache reads the grants once after the report, and would keep the old ones.",
            ReportsAsync
        ),
        new(
            "Each owner of each client has its own key",
            "A change is applied to the grants that the cache keeps under the key, and to no others.",
            KeysAsync
        ),
        new(
            "Exactly the owners with outdated grants are found",
            "A report can be lost although the feed stays connected, and each owner that is found costs a read.",
            OutdatedAsync
        ),
        new(
            "A contract violation is not an outage",
            "During an outage the cache returns grants that the store does not confirm.",
            OutageAsync
        ),
    ];

    private static async Task ReportsAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await FeedNodes.OpenObservedAsync(run, cancellationToken);
        string key = await other.KeyAsync("42", cancellationToken);
        var grant = Create("g1", "42");
        await ReportedAsync(() => run.Store.AddAsync(grant, cancellationToken), ["g1 of generation 1"], "added a grant");
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        await ReportedAsync(
            () => run.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, cancellationToken),
            ["g1 of generation 1"],
            "released a lease"
        );
        await ReportedAsync(
            async () => await run.Store.TryReplaceAsync(Next(grant), cancellationToken),
            ["g1 of generation 2"],
            "replaced a grant"
        );
        await ReportedAsync(() => run.Store.RemoveAsync(grant, cancellationToken), [], "removed a grant");

        async Task ReportedAsync(Func<ValueTask> change, IReadOnlyList<string> expected, string what)
        {
            other.Clear();
            await change();
            await run.EventuallyAsync(
                () => other.HasReportedAsync(key, expected, cancellationToken),
                $"When one node {what}, the feed of another node must report the owner's key, and FindCurrentAsync must show the change "
                    + "there from then on.",
                "Report the key that GetKeyAsync returns for the owner, after the change is committed. If a replica is read, wait for it.",
                cancellationToken
            );
        }
    }

    private static async Task KeysAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var feed = (await FeedNodes.OpenObservedAsync(run, cancellationToken)).Feed;
        (string Client, GrantOwner Owner)[] owners =
        [
            (Client, GrantOwner.User("42")),
            (Client, GrantOwner.User("43")),
            ("Photos", GrantOwner.User("42")),
            ("photo", GrantOwner.User("s42")),
            ("", GrantOwner.User("42")),
            (Client, GrantOwner.Service("42")),
            (Client, GrantOwner.Client),
            (Client, GrantOwner.User("client")),
            (Client, GrantOwner.User("service:42")),
        ];
        Dictionary<string, (string Client, GrantOwner Owner)> byKey = new(StringComparer.Ordinal);
        foreach (var one in owners)
        {
            string key = await feed.GetKeyAsync(one.Client, one.Owner, cancellationToken);
            Expect.That(key.Length > 0, $"The key of '{one.Owner}' of the client '{one.Client}' is empty.", Derive);
            Expect.That(
                byKey.TryAdd(key, one),
                $"'{one.Owner}' of the client '{one.Client}' has the key of '{byKey[key].Owner}' of the client '{byKey[key].Client}'.",
                Derive
            );
        }
        foreach (var (key, one) in byKey)
            Expect.That(
                string.Equals(await feed.GetKeyAsync(one.Client, one.Owner, cancellationToken), key, StringComparison.Ordinal),
                $"The key of '{one.Owner}' of the client '{one.Client}' must stay the same, but it changed.",
                Derive
            );
    }

    private static async Task OutdatedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await FeedNodes.OpenObservedAsync(run, cancellationToken);
        string[] owners = ["unchanged", "replaced", "added", "removed", "without grants", "reordered"];
        foreach (string owner in owners)
        {
            await run.Store.AddAsync(Create($"{owner} 1", owner), cancellationToken);
            await run.Store.AddAsync(Create($"{owner} 2", owner), cancellationToken);
        }
        Dictionary<string, IReadOnlyList<Grant>> cached = new(StringComparer.Ordinal);
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (string owner in owners)
        {
            string key = await other.KeyAsync(owner, cancellationToken);
            Expect.That(names.TryAdd(key, owner), $"The owners '{owner}' and '{names[key]}' have the same key.", Derive);
            var grants = await FindAsync(other.Store, owner, cancellationToken);
            cached[key] = owner == "reordered" ? [.. grants.Reverse()] : grants;
        }

        await run.Store.TryReplaceAsync(Next(Create("replaced 1", "replaced")), cancellationToken);
        await run.Store.AddAsync(Create("added 3", "added"), cancellationToken);
        await run.Store.RemoveAsync(Create("removed 1", "removed"), cancellationToken);
        await run.Store.RemoveAsync(Create("without grants 1", "without grants"), cancellationToken);
        await run.Store.RemoveAsync(Create("without grants 2", "without grants"), cancellationToken);

        var outdated = await other.Feed.FindOutdatedAsync(cached, cancellationToken);
        Expect.Sequence(
            "The owners of FindOutdatedAsync, after another node changed the grants of some",
            owners.Skip(1).Order(StringComparer.Ordinal),
            outdated.Select(key => names.GetValueOrDefault(key, "an unknown key")).Distinct().Order(StringComparer.Ordinal),
            "Compare the ids and generations of each owner's stored grants, newest first, with the cached ones. An owner without stored "
                + "grants is outdated."
        );
    }

    private static async Task OutageAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var feed = (await FeedNodes.OpenObservedAsync(run, cancellationToken)).Feed;
        List<Exception> answers = [new InvalidOperationException("A defect."), new OAuthException("The row cannot be decrypted.")];
        var grant = await AddAsync(run, cancellationToken);
        try
        {
            await run.Store.AddAsync(grant, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A store may refuse to add a grant twice.
            answers.Add(exception);
        }
        foreach (var exception in answers)
            Expect.Equal(
                $"IsOutage of an exception that does not mean that the store cannot be reached, {exception.GetType()}",
                false,
                feed.IsOutage(exception),
                "Return true only for exceptions of the connection and for errors by which the database says that it cannot work."
            );
    }
}
