using static OAuthClient.StoreContract.Leasing;
using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests what the next holder of a lease learns about the refresh token.</summary>
internal static class TokenStatusCases
{
    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new(
            "A holder that failed leaves its intent",
            "It may have sent the refresh token; the next holder decides what to do about it.",
            FailedHolderAsync
        ),
        new("A rejected refresh token stays rejected", "It is not sent again after the process that knew it has ended.", RejectedAsync),
        .. Enum.GetValues<RefreshTokenStatus>()
            .Select(status => new CaseDefinition<IGrantStore>(
                $"The reported status {status} is returned to the next holder",
                "The next holder decides by it whether to send the refresh token.",
                (run, cancel) => ReportedAsync(run, status, cancel)
            )),
        new(
            "A new generation has neither the lease nor the status of the old one",
            "It has a new refresh token, which was not sent yet.",
            NewGenerationAsync
        ),
    ];

    private static async Task FailedHolderAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        ExpectStatus(
            await run.Store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, cancellationToken),
            RefreshTokenStatus.Unused,
            "of the first lease",
            "A new generation starts with Unused."
        );
        var next = await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken);
        Expect.That(
            next.Lease is not null,
            "A lease of the length zero expires at once and can be acquired by another caller, but no lease was issued.",
            "Compare the end of the lease with the clock of the store."
        );
        ExpectStatus(
            next,
            RefreshTokenStatus.Unknown,
            "after a lease that expired without a release",
            "An expired lease that was neither released nor replaced changes the status to Unknown."
        );
    }

    private static async Task RejectedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.ReleaseLeaseAsync(
            await AcquireAsync(run.Store, grant, cancellationToken),
            RefreshTokenStatus.Rejected,
            cancellationToken
        );
        await AcquireAsync(run.Store, grant, held: null, TimeSpan.Zero, cancellationToken);
        ExpectStatus(
            await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken),
            RefreshTokenStatus.Rejected,
            "of a rejected refresh token after a further lease expired",
            "Only a new generation ends the status Rejected."
        );
    }

    private static async Task ReportedAsync(CaseRun<IGrantStore> run, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.ReleaseLeaseAsync(await AcquireAsync(run.Store, grant, cancellationToken), status, cancellationToken);

        var next = await run.Store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken);

        Expect.That(
            next.Lease is not null,
            "A released lease can be acquired at once, but no lease was issued.",
            "ReleaseLeaseAsync ends the lease whose generation and fence it receives."
        );
        ExpectStatus(next, status, $"after a release with {status}", "Record the status of ReleaseLeaseAsync with the generation.");
        ExpectStatus(
            await run.Store.TryAcquireLeaseAsync(grant, next.Lease, Long, cancellationToken),
            status,
            "of the renewal that follows",
            "A renewal keeps the status."
        );
    }

    private static async Task NewGenerationAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = await AddAsync(run, cancellationToken);
        await run.Store.ReleaseLeaseAsync(
            await AcquireAsync(run.Store, grant, cancellationToken),
            RefreshTokenStatus.Rejected,
            cancellationToken
        );
        await AcquireAsync(run.Store, grant, cancellationToken);
        var second = Next(grant);
        await run.Store.TryReplaceAsync(second, cancellationToken);

        var result = await run.Store.TryAcquireLeaseAsync(second, held: null, Long, cancellationToken);

        Expect.Equal(
            "The generation of the lease after a new generation was stored",
            2L,
            result.Lease?.Generation,
            "TryReplaceAsync ends the lease of the old generation."
        );
        ExpectStatus(
            result,
            RefreshTokenStatus.Unused,
            "of a new generation",
            "TryReplaceAsync resets the status to Unused: a new generation has a new refresh token."
        );
    }
}
