using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests a store while its time passes.</summary>
internal static class TimeCases
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("A lease is held for its length and no longer", "A node that died must not block the grant.", LengthAsync),
        new("A renewal begins a new length", "A refresh can take longer than the lease.", RenewalAsync),
        new("The expiry of the lease ends the wait", "A node that died releases nothing.", ExpiryAsync),
        new("The wait ends when its time limit has passed", "A caller has a deadline of its own.", AtMostAsync),
        new("A consumed state is remembered until its expiry", StateCases.Reason, StateAsync),
        new("A cached copy is used for at most a minute", "A user who signed out must not stay signed in.", CacheAsync),
    ];

    private static async Task LengthAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await AcquireAsync(run.Store, grant, held: null, Minute, cancellationToken);
        run.Advance(Minute - Second);
        await ExpectHeldAsync(
            run.Store,
            grant,
            "one second before a lease of a minute expires",
            "Issue no lease while one is held.",
            cancellationToken
        );
        run.Advance(Second);
        ExpectStatus(
            await AcquiredAsync(run, grant, cancellationToken),
            RefreshTokenStatus.Unknown,
            "after a lease that expired without a release",
            "An expired lease that was neither released nor replaced changes the status to Unknown."
        );
    }

    private static async Task RenewalAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, held: null, Minute, cancellationToken);
        run.Advance(Minute - Second);
        await AcquireAsync(run.Store, grant, lease, Minute, cancellationToken);
        run.Advance(Minute - Second);
        await ExpectHeldAsync(
            run.Store,
            grant,
            "one second before a renewed lease of a minute expires",
            "The length of a renewal begins with the renewal.",
            cancellationToken
        );
        run.Advance(Second);
        await AcquiredAsync(run, grant, cancellationToken);
    }

    private static async Task ExpiryAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await AcquireAsync(run.Store, grant, held: null, Minute, cancellationToken);
        var wait = run.Store.WaitForChangeAsync(grant, Long, cancellationToken).AsTask();
        run.Advance(Minute);
        await EndsAsync(run, wait, "WaitForChangeAsync must return when the lease expires.", cancellationToken);
    }

    private static async Task AtMostAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);
        var wait = run.Store.WaitForChangeAsync(grant, Second, cancellationToken).AsTask();
        run.Advance(Second);
        await EndsAsync(run, wait, "WaitForChangeAsync must return after atMost, also while the lease is held.", cancellationToken);
    }

    private static async Task StateAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        await run.Store.TryConsumeStateAsync("state", Expiry, cancellationToken);
        run.Advance(TimeSpan.FromHours(1));
        await run.Store.TryConsumeStateAsync("another", Expiry, cancellationToken);
        Expect.Equal(
            "TryConsumeStateAsync of a consumed state, an hour later and before its expiry",
            false,
            await run.Store.TryConsumeStateAsync("state", Expiry, cancellationToken),
            "Remember each fingerprint until its own expiresAt."
        );
    }

    private static async Task CacheAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        var grant = await AddAsync(run, cancellationToken);
        await other.FindAsync(Client, grant.Owner, cancellationToken);
        await run.Store.TryReplaceAsync(Next(grant), cancellationToken);
        run.Advance(Minute + Second);
        Expect.Sequence(
            "The grants of FindAsync on one node, more than a minute after another node replaced one",
            ["g1 of generation 2"],
            Describe(await other.FindAsync(Client, grant.Owner, cancellationToken)),
            "Read the shared data again at the latest after a minute."
        );
    }

    private static async Task<LeaseResult> AcquiredAsync(CaseRun<IGrantStore> run, Grant grant, CancellationToken cancellationToken)
    {
        var result = await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken);
        Expect.That(
            result.Lease is not null,
            "A lease of a minute must end after a minute, but no lease was issued.",
            "Record the end of each lease, by the clock of the store, and issue another lease after it."
        );
        return result;
    }

    // A store that polls starts its timer some time after the call, so the clock has to advance further.
    private static Task EndsAsync(CaseRun<IGrantStore> run, Task wait, string problem, CancellationToken cancellationToken) =>
        run.WhileTimePassesAsync(
            wait,
            problem,
            "Wait with a timer of the store's clock, for the rest of the lease and for atMost.",
            cancellationToken
        );
}
