using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests the renewal of a lease by its holder.</summary>
internal static class LeaseRenewalCases
{
    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("The holder renews its lease", "A refresh can take longer than the lease.", RenewAsync),
        new(
            "A repeated renewal returns the lease that was issued first",
            "The response to the first request can be lost with the network.",
            RepeatAsync
        ),
        new(
            "The holder renews a lease that has expired",
            "After an outage of the store the holder knows whether it sent the refresh token.",
            ExpiredAsync
        ),
        new("A release that arrives after the renewal has no effect", "The network can deliver a request late.", LateReleaseAsync),
    ];

    private static async Task RenewAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var result = await run.Store.TryAcquireLeaseAsync(grant, lease, Long, cancellationToken);
        ExpectStatus(result, RefreshTokenStatus.Unused, "of a renewal", "A renewal keeps the status.");
        var renewed = result.Lease;
        Expect.That(
            renewed?.Fence > lease.Fence,
            "A renewal must return a lease with a higher fence, but it did not.",
            "Issue a new fence with each renewal, so that a late release of the old lease is recognized."
        );
        Expect.Equal(
            "Grant and generation of the renewed lease",
            ("g1", 1L),
            (renewed!.GrantId, renewed.Generation),
            "A renewal keeps them."
        );
        await ExpectHeldAsync(run.Store, grant, "after a renewal", OneHolder, cancellationToken);
    }

    private static async Task RepeatAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var renewed = await AcquireAsync(run.Store, grant, lease, Long, cancellationToken);
        Expect.Equal(
            "The lease of a renewal that is repeated with the old lease",
            renewed,
            (await run.Store.TryAcquireLeaseAsync(grant, lease, Long, cancellationToken)).Lease,
            "Keep the fence before the last renewal, and answer it with the renewed lease."
        );
        Expect.That(
            (await AcquireAsync(run.Store, grant, renewed, Long, cancellationToken)).Fence > renewed.Fence,
            "A renewal of the renewed lease must return a higher fence, but it did not.",
            "Only a renewal that is repeated with the same held lease returns the same fence."
        );
    }

    private static async Task ExpiredAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, held: null, TimeSpan.Zero, cancellationToken);
        var renewed = await run.Store.TryAcquireLeaseAsync(grant, lease, Long, cancellationToken);
        Expect.That(
            renewed.Lease is not null,
            "An expired lease that no other caller acquired must be renewed for its holder, but it was not.",
            "Compare fences first, and look at the expiry only for other callers."
        );
        ExpectStatus(renewed, RefreshTokenStatus.Unused, "of the renewal of an expired lease", "A renewal keeps the status.");
        await ExpectHeldAsync(run.Store, grant, "after the renewal of an expired lease", OneHolder, cancellationToken);
    }

    private static async Task LateReleaseAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var lease = await AcquireAsync(run.Store, grant, cancellationToken);
        var renewed = await AcquireAsync(run.Store, grant, lease, Long, cancellationToken);

        await run.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, cancellationToken);
        await ExpectHeldAsync(
            run.Store,
            grant,
            "after the lease before the renewal was released",
            "ReleaseLeaseAsync must compare the fence with the last one.",
            cancellationToken
        );
        await run.Store.ReleaseLeaseAsync(renewed, RefreshTokenStatus.Unused, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);
    }
}
