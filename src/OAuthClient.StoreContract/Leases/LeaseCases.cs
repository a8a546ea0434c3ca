using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests the leases that keep two nodes from sending the same refresh token (RFC 9700 §4.14).</summary>
internal static class LeaseCases
{
    private const string Race = "If two nodes send the same refresh token, the server revokes the grant (RFC 9700 §4.14).";
    private const string Fence =
        "Take fences from a counter that a new generation, a release and an expiry do not reset. A fence identifies a late release.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new("One of concurrent callers acquires the lease", Race, ConcurrentAsync),
        new("Another grant of the owner can be leased", "A lease belongs to one grant.", OtherGrantAsync),
        new(
            "A newer generation is returned and not leased",
            "The caller wanted the tokens of the newer generation; the refresh token that it has seen is no longer valid.",
            NewerGenerationAsync
        ),
        new("A removed grant is not leased", "A refresh must not continue after a revocation.", RemovedAsync),
        new("Every lease has a higher fence than those before it", "Releases that arrive late are recognized by their fence.", FencesAsync),
        new("A lease that another caller acquired is lost", "The former holder must not send the refresh token any more.", TakenOverAsync),
        new(
            "A result is saved after its lease was lost",
            "Grant and generation decide: the refresh token that the result replaces may no longer be valid.",
            LateResultAsync
        ),
        new("A late release does not release the lease of a newer generation", "The network can deliver a request late.", LateReleaseAsync),
    ];

    private static async Task ConcurrentAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 32)
                .Select(_ => BackgroundWork.Run(() => run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken).AsTask()))
        );
        Expect.Equal(
            "The number of 32 concurrent callers that acquired the lease",
            1,
            results.Count(one => one.Lease is not null),
            OneHolder
        );
        Expect.That(
            results.All(one => one.Current?.Generation == 1),
            "Every caller must receive the stored grant in LeaseResult.Current, but some did not.",
            "Return the stored grant with and without a lease."
        );
        var lease = results.Single(one => one.Lease is not null).Lease!;
        Expect.Equal(
            "Grant and generation of the lease",
            ("g1", 1L),
            (lease.GrantId, lease.Generation),
            "A lease names the grant and the generation that the caller has seen."
        );
    }

    private static async Task OtherGrantAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var other = Create("g2", "42");
        await run.Store.AddAsync(other, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);
        Expect.That(
            (await run.Store.TryAcquireLeaseAsync(other, held: null, Long, cancellationToken)).Lease is not null,
            "The lease of one grant must not block another grant of the same owner, but it did.",
            "Keep leases by Grant.Id, not by owner."
        );
    }

    private static async Task NewerGenerationAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        const string change = "Compare Grant.Generation with the stored generation in the same atomic step that issues the lease.";
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.TryReplaceAsync(Next(grant), cancellationToken);

        var result = await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken);

        Expect.Equal("The lease of a caller that has seen generation 1 while 2 is stored", null, result.Lease, change);
        Expect.Equal("The generation of LeaseResult.Current", 2L, result.Current?.Generation, "Return the stored grant.");
        Expect.That(
            Next(grant).RefreshToken!.Equals(result.Current!.RefreshToken),
            "LeaseResult.Current must be the stored grant, but it has another refresh token.",
            "Return the stored grant."
        );
        ExpectStatus(result, RefreshTokenStatus.Unused, "for a generation that is not the stored one", "Return Unused.");
    }

    private static async Task RemovedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.RemoveAsync(grant, cancellationToken);
        Expect.Equal(
            "The result of TryAcquireLeaseAsync for a removed grant",
            new LeaseResult(null, null, RefreshTokenStatus.Unused),
            await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken),
            "Issue no lease for a grant that does not exist; return null and Unused."
        );
    }

    private static async Task FencesAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        List<long> fences = [];

        var lease = await AcquireAsync(run.Store, grant, held: null, TimeSpan.Zero, cancellationToken);
        fences.Add(lease.Fence);
        lease = await AcquireAsync(run.Store, grant, cancellationToken);
        fences.Add(lease.Fence);
        lease = await AcquireAsync(run.Store, grant, lease, Long, cancellationToken);
        fences.Add(lease.Fence);
        foreach (var status in new[] { RefreshTokenStatus.Unused, RefreshTokenStatus.Rejected })
        {
            await run.Store.ReleaseLeaseAsync(lease, status, cancellationToken);
            lease = await AcquireAsync(run.Store, grant, cancellationToken);
            fences.Add(lease.Fence);
        }
        await run.Store.TryReplaceAsync(Next(grant), cancellationToken);
        fences.Add((await AcquireAsync(run.Store, Next(grant), cancellationToken)).Fence);

        Expect.Sequence(
            "The fences of leases that were acquired after an expiry, renewed, acquired after two releases and after a new generation",
            fences.Distinct().Order(),
            fences,
            "Each fence must be higher than the one before. " + Fence
        );
    }

    private static async Task TakenOverAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var first = await AcquireAsync(run.Store, grant, held: null, TimeSpan.Zero, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);

        Expect.Equal(
            "The renewed lease of a holder whose lease expired and was acquired by another caller",
            null,
            (await run.Store.TryAcquireLeaseAsync(grant, first, Long, cancellationToken)).Lease,
            "Renew a lease only if no other caller has acquired one since: compare the fences."
        );
        await run.Store.ReleaseLeaseAsync(first, RefreshTokenStatus.Unused, cancellationToken);
        await ExpectHeldAsync(
            run.Store,
            grant,
            "after the former holder released its lost lease",
            "ReleaseLeaseAsync must compare the fence: a lost lease releases nothing.",
            cancellationToken
        );
    }

    private static async Task LateResultAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await AcquireAsync(run.Store, grant, held: null, TimeSpan.Zero, cancellationToken);
        await AcquireAsync(run.Store, grant, cancellationToken);
        Expect.Equal(
            "TryReplaceAsync after another caller acquired the lease",
            true,
            await run.Store.TryReplaceAsync(Next(grant), cancellationToken),
            "TryReplaceAsync compares generations only, and no lease: otherwise a working refresh token is lost."
        );
    }

    private static async Task LateReleaseAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        var old = await AcquireAsync(run.Store, grant, cancellationToken);
        var second = Next(grant);
        await run.Store.TryReplaceAsync(second, cancellationToken);
        await AcquireAsync(run.Store, second, cancellationToken);
        await run.Store.ReleaseLeaseAsync(old, RefreshTokenStatus.Rejected, cancellationToken);
        await ExpectHeldAsync(
            run.Store,
            second,
            "after a lease of the generation before was released late",
            "ReleaseLeaseAsync must compare generation and fence.",
            cancellationToken
        );
    }
}
