namespace OAuthClient.StoreContract;

/// <summary>Acquires leases in the cases.</summary>
internal static class Leasing
{
    /// <summary>Longer than the time that passes in any case by itself.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromHours(1);

    public const string OneHolder =
        "Check and record the lease in one atomic step, such as one UPDATE of the grant's row, or a lock around both.";

    /// <summary>Acquires the lease of a grant that no other caller holds.</summary>
    public static Task<RefreshLease> AcquireAsync(IGrantStore store, Grant grant, CancellationToken cancellationToken) =>
        AcquireAsync(store, grant, held: null, Long, cancellationToken);

    /// <summary>Acquires or renews a lease that the store must issue.</summary>
    public static async Task<RefreshLease> AcquireAsync(
        IGrantStore store,
        Grant grant,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    )
    {
        var result = await store.TryAcquireLeaseAsync(grant, held, length, cancellationToken);
        return result.Lease
            ?? throw new StoreContractException(
                held is null
                    ? "TryAcquireLeaseAsync returned no lease, although no caller holds one and the generation is stored. Issue one."
                    : "TryAcquireLeaseAsync did not renew the current lease for its holder. Renew it if held.Fence is the last fence, or "
                        + "the one before it if the last lease is its renewal."
            );
    }

    /// <summary>Checks that a caller without a lease receives none.</summary>
    public static async Task ExpectHeldAsync(
        IGrantStore store,
        Grant grant,
        string when,
        string change,
        CancellationToken cancellationToken
    ) =>
        Expect.Equal(
            $"The lease of another caller {when}",
            null,
            (await store.TryAcquireLeaseAsync(grant, held: null, Long, cancellationToken)).Lease,
            change
        );

    /// <summary>Checks the status of the refresh token in a result.</summary>
    public static void ExpectStatus(LeaseResult result, RefreshTokenStatus status, string when, string change) =>
        Expect.Equal($"LeaseResult.PreviousStatus {when}", status, result.PreviousStatus, change);
}
