using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests compare-and-set on the generation, and removal.</summary>
internal static class ReplaceCases
{
    private const string Race = "Two refreshes of one grant must not overwrite each other's refresh token.";
    private const string CompareAndSet =
        "Compare and set in one atomic step: UPDATE … WHERE id = @id AND generation = @generation - 1, or a lock around both.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("A grant is replaced by the next generation", "A refresh stores its result so.", NextAsync),
        .. new long[] { 0, 1, 3, 4 }.Select(generation => new CaseDefinition<IGrantStore>(
            $"Generation {generation} does not replace generation 1",
            Race,
            (run, cancel) => OtherGenerationAsync(run, generation, cancel)
        )),
        new("A removed grant is not replaced", "A refresh that was in progress must not restore a grant that was revoked.", RemovedAsync),
        new("A replacement needs its own grant and owner", "A grant belongs to one owner for its life.", OtherGrantAsync),
        new("One of concurrent replacements succeeds", Race, ConcurrentAsync),
        new("A grant is removed whatever its generation", "A revocation does not wait for refreshes.", RemoveAsync),
        new("A grant is removed twice without an error", "Two nodes can remove the same grant.", RemoveTwiceAsync),
    ];

    private static async Task NextAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        for (int generation = 2; generation <= 3; generation++)
        {
            grant = Next(grant);
            Expect.Equal(
                $"TryReplaceAsync of generation {generation - 1} with {generation}",
                true,
                await run.Store.TryReplaceAsync(grant, cancellationToken),
                "Replace the stored grant if its generation is exactly one less."
            );
            Expect.Sequence(
                "The grants after the replacement",
                [$"g1 of generation {generation}"],
                await ListAsync(run.Store, "42", cancellationToken),
                "Store the newer grant in place of the older one."
            );
        }
    }

    private static async Task OtherGenerationAsync(CaseRun<IGrantStore> run, long generation, CancellationToken cancellationToken)
    {
        var first = await AddAsync(run, cancellationToken);
        Expect.Equal(
            $"TryReplaceAsync of generation 1 with generation {generation}",
            false,
            await run.Store.TryReplaceAsync(Create("g1", "42", generation: generation, refreshToken: "another"), cancellationToken),
            "Replace the stored grant only if its generation is exactly one less."
        );
        var stored = await FindAsync(run.Store, "42", cancellationToken);
        Expect.Sequence(
            "The grants after a refused replacement",
            ["g1 of generation 1"],
            Describe(stored),
            "A refused replacement changes nothing."
        );
        Expect.That(
            stored[0].RefreshToken!.Equals(first.RefreshToken),
            "A refused replacement must not change the refresh token, but it did.",
            "A refused replacement changes nothing."
        );
    }

    private static async Task RemovedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var first = await AddAsync(run, cancellationToken);
        await run.Store.RemoveAsync(first, cancellationToken);
        Expect.Equal(
            "TryReplaceAsync of a removed grant",
            false,
            await run.Store.TryReplaceAsync(Next(first), cancellationToken),
            "Replace, and never insert: an upsert would restore the grant."
        );
        Expect.Sequence(
            "The grants after the removal",
            [],
            await ListAsync(run.Store, "42", cancellationToken),
            "Delete the grant, and its cached copy."
        );
    }

    private static async Task OtherGrantAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        await AddAsync(run, cancellationToken);
        Expect.Equal(
            "TryReplaceAsync of a grant with another id",
            false,
            await run.Store.TryReplaceAsync(Create("g2", "42", generation: 2), cancellationToken),
            "Find the stored grant by client, owner and id."
        );
        Expect.Equal(
            "TryReplaceAsync of a grant with the same id and another owner",
            false,
            await run.Store.TryReplaceAsync(Create("g1", "43", generation: 2), cancellationToken),
            "Find the stored grant by client, owner and id, not by the id alone."
        );
    }

    private static async Task ConcurrentAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        await AddAsync(run, cancellationToken);
        var candidates = Enumerable.Range(0, 32).Select(i => Create("g1", "42", generation: 2, refreshToken: $"rt-{i}")).ToList();

        bool[] replaced = await Task.WhenAll(
            candidates.Select(candidate => BackgroundWork.Run(() => run.Store.TryReplaceAsync(candidate, cancellationToken).AsTask()))
        );

        Expect.Equal("The number of 32 concurrent replacements that succeeded", 1, replaced.Count(succeeded => succeeded), CompareAndSet);
        var stored = await FindAsync(run.Store, "42", cancellationToken);
        Expect.That(
            stored.Count == 1 && stored[0].RefreshToken!.Equals(candidates[Array.IndexOf(replaced, true)].RefreshToken),
            "The replacement that returned true must be the one that is stored, but another one is.",
            CompareAndSet
        );
    }

    private static async Task RemoveAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var first = await AddAsync(run, cancellationToken);
        await run.Store.AddAsync(Create("g2", "42"), cancellationToken);
        await run.Store.AddAsync(Create("g1-of-another", "43"), cancellationToken);
        await run.Store.TryReplaceAsync(Next(first), cancellationToken);

        await run.Store.RemoveAsync(first, cancellationToken);

        Expect.Sequence(
            "The grants of the owner after one was removed by its first generation",
            ["g2 of generation 1"],
            await ListAsync(run.Store, "42", cancellationToken),
            "RemoveAsync must not compare the generation, and must remove no other grant."
        );
        Expect.Sequence(
            "The grants of another owner after the removal",
            ["g1-of-another of generation 1"],
            await ListAsync(run.Store, "43", cancellationToken),
            "RemoveAsync must remove no other grant."
        );
    }

    private static async Task RemoveTwiceAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.RemoveAsync(grant, cancellationToken);
        try
        {
            await run.Store.RemoveAsync(grant, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new StoreContractException(
                "RemoveAsync of a grant that does not exist must have no effect, but it threw. Ignore that nothing was deleted.",
                exception
            );
        }
    }
}
