using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests the wait of a caller for the lease of another.</summary>
internal static class WaitCases
{
    private const string Reason = "A caller waits for the refresh of another caller instead of sending its own.";
    private const string Return =
        "WaitForChangeAsync returns at once if no lease is held or the stored generation is not the one that was passed.";

    /// <summary>The ways in which a lease ends.</summary>
    public static readonly IReadOnlyList<(string Name, LeaseEnd End)> Ends =
    [
        ("save", static (store, grant, _, cancel) => store.TryReplaceAsync(Next(grant), cancel).AsTask()),
        ("release", static (store, _, lease, cancel) => store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unknown, cancel).AsTask()),
        ("removal", static (store, grant, _, cancel) => store.RemoveAsync(grant, cancel).AsTask()),
    ];

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        .. Ends.Select(end => new CaseDefinition<IGrantStore>(
            $"A {end.Name} ends the wait for the lease",
            Reason,
            (run, cancel) => EndsAsync(run, end.Name, end.End, cancel)
        )),
        new("The wait ends at once without a lease", Reason, NoLeaseAsync),
        new("The wait ends at its time limit", "A caller has a deadline of its own.", AtMostAsync),
        new("A canceled caller stops waiting and the lease remains", "The holder goes on with its refresh.", CanceledAsync),
    ];

    private static async Task EndsAsync(CaseRun<IGrantStore> run, string name, LeaseEnd end, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var wait = run.Store.WaitForChangeAsync(grant, Long, cancellationToken).AsTask();
        await end(run.Store, grant, lease, cancellationToken);
        await run.WithinLimitAsync(
            wait,
            $"WaitForChangeAsync must return after the {name} of the lease.",
            "Signal the waiting callers of this node within the change.",
            cancellationToken
        );
    }

    private static async Task NoLeaseAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await ReturnsAsync(run, grant, "before a lease was acquired", cancellationToken);
        await AcquireAsync(run.Store, grant, held: null, TimeSpan.Zero, cancellationToken);
        await ReturnsAsync(run, grant, "after the lease expired", cancellationToken);
        await run.Store.TryReplaceAsync(Next(grant), cancellationToken);
        await AcquireAsync(run.Store, Next(grant), cancellationToken);
        await ReturnsAsync(run, grant, "for a generation that was replaced, while the new one is leased", cancellationToken);
        await run.Store.RemoveAsync(grant, cancellationToken);
        await ReturnsAsync(run, grant, "for a removed grant", cancellationToken);
    }

    private static async Task AtMostAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);
        await run.WithinLimitAsync(
            run.Store.WaitForChangeAsync(grant, TimeSpan.Zero, cancellationToken).AsTask(),
            "WaitForChangeAsync with a time limit of zero must return at once, also while the lease is held.",
            "End the wait after atMost.",
            cancellationToken
        );
    }

    private static async Task CanceledAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);
        using var canceled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wait = run.Store.WaitForChangeAsync(grant, Long, canceled.Token).AsTask();
        await canceled.CancelAsync();
        bool isCanceled = false;
        try
        {
            await run.WithinLimitAsync(
                wait,
                "WaitForChangeAsync must end when its caller cancels.",
                "Observe the cancellation token.",
                cancellationToken
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            isCanceled = true;
        }
        Expect.That(
            isCanceled,
            "WaitForChangeAsync must throw OperationCanceledException when its caller cancels, but it returned.",
            "Observe the cancellation token."
        );
        await ExpectHeldAsync(run.Store, grant, "after a waiting caller canceled", "A waiting caller has no effect.", cancellationToken);
    }

    private static Task ReturnsAsync(CaseRun<IGrantStore> run, Grant grant, string when, CancellationToken cancellationToken) =>
        run.WithinLimitAsync(
            run.Store.WaitForChangeAsync(grant, Long, cancellationToken).AsTask(),
            $"WaitForChangeAsync must return at once {when}.",
            Return,
            cancellationToken
        );
}

/// <summary>Ends a lease.</summary>
internal delegate Task LeaseEnd(IGrantStore store, Grant grant, RefreshLease lease, CancellationToken cancellationToken);
