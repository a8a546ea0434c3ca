using System.Text.Json;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests how an owner's grants are found.</summary>
internal static class FindCases
{
    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("An owner without grants has an empty list", "A caller reads the list without a check for null.", EmptyAsync),
        new(
            "An added grant is found with all its values",
            "Later versions add members to a grant, so a store keeps the bytes of Grant.Protect and maps no members.",
            RoundTripAsync
        ),
        new("The newest grant is first", "The library uses the first grant that fits.", NewestFirstAsync),
        new("A replaced grant keeps its position", "The order is that of authorization, not of refresh.", OrderKeptAsync),
        new("A returned list is a snapshot", "Callers enumerate the list without a lock.", SnapshotAsync),
    ];

    private static async Task EmptyAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        foreach (
            var found in new[]
            {
                await run.Store.FindAsync(Client, GrantOwner.User("unknown"), cancellationToken),
                await FindAsync(run.Store, "unknown", cancellationToken),
                await run.Store.FindByFingerprintAsync(Create("x", "unknown").SubjectFingerprint!, cancellationToken),
            }
        )
            Expect.Equal("The number of grants where there is none", 0, found?.Count, "Return an empty list, and not null.");
    }

    private static async Task RoundTripAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = Create("g1", "42", sessionId: "s1", signInExpiresAt: Expiry);
        await run.Store.AddAsync(grant, cancellationToken);

        foreach (
            var found in new[]
            {
                await run.Store.FindAsync(Client, GrantOwner.User("42"), cancellationToken),
                await FindAsync(run.Store, "42", cancellationToken),
                await run.Store.FindByFingerprintAsync(grant.SessionFingerprint!, cancellationToken),
            }
        )
        {
            Expect.Equal("The number of grants after one was added", 1, found.Count, "Return each stored grant once.");
            var (expected, actual) = (ToJson(grant), ToJson(found[0]));
            Expect.Sequence(
                "The members of an added grant that differ",
                [],
                expected
                    .EnumerateObject()
                    .Where(member => !actual.TryGetProperty(member.Name, out var stored) || !JsonElement.DeepEquals(member.Value, stored))
                    .Select(member => member.Name),
                "Store the bytes of Grant.Protect and read them with Grant.Unprotect."
            );
        }
    }

    private static async Task NewestFirstAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        foreach (string id in new[] { "first", "second", "third" })
            await run.Store.AddAsync(Create(id, "42"), cancellationToken);
        Expect.Sequence(
            "The grants after 'first', 'second' and 'third' were added",
            ["third of generation 1", "second of generation 1", "first of generation 1"],
            await ListAsync(run.Store, "42", cancellationToken),
            "Order by the sequence of AddAsync, newest first. Grant.CreatedAt is no key: two grants can have the same time."
        );
    }

    private static async Task OrderKeptAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var older = Create("older", "42");
        await run.Store.AddAsync(older, cancellationToken);
        await run.Store.AddAsync(Create("newer", "42"), cancellationToken);
        await run.Store.TryReplaceAsync(Next(older), cancellationToken);
        Expect.Sequence(
            "The grants after the older one was replaced",
            ["newer of generation 1", "older of generation 2"],
            await ListAsync(run.Store, "42", cancellationToken),
            "TryReplaceAsync must not change the position of a grant."
        );
    }

    private static async Task SnapshotAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var first = await AddAsync(run, cancellationToken);
        var found = await run.Store.FindAsync(Client, first.Owner, cancellationToken);
        var current = await FindAsync(run.Store, "42", cancellationToken);
        await run.Store.TryReplaceAsync(Next(first), cancellationToken);
        await run.Store.AddAsync(Create("g2", "42"), cancellationToken);
        foreach (var list in new[] { found, current })
        {
            Expect.Sequence(
                "A list that was returned before a grant was replaced and another one added",
                ["g1 of generation 1"],
                Describe(list),
                "Return a copy, or an immutable list."
            );
        }
    }

    private static JsonElement ToJson(Grant grant) => JsonElement.Parse(grant.Protect(bytes => bytes));
}
