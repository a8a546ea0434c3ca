namespace OAuthClient.Tests;

/// <summary>Tests the leases that keep two nodes from sending the same refresh token (RFC 9700 §4.14).</summary>
public abstract partial class GrantStoreContract
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Test]
    [Description("Rotation race: of concurrent callers exactly one acquires the lease, and the others receive the stored grant")]
    public async Task One_concurrent_caller_acquires_the_lease()
    {
        var (store, grant) = await WithGrantAsync();

        var results = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await store.TryAcquireLeaseAsync(grant, held: null, Long, default)))
        );

        Assert.That(results.Count(result => result.Lease is not null), Is.EqualTo(1));
        Assert.That(results.Select(result => result.Current?.Generation), Is.All.EqualTo(1));
        var lease = results.Single(result => result.Lease is not null).Lease!;
        Assert.That((lease.GrantId, lease.Generation), Is.EqualTo(("g1", 1L)));
    }

    [Test]
    [Description("A lease belongs to one grant: another grant of the same owner can be leased")]
    public async Task Another_grant_can_be_leased()
    {
        var (store, grant) = await WithGrantAsync();
        var other = Sample("g2", "42");
        await store.AddAsync(other, default);
        await LeaseAsync(store, grant);
        Assert.That((await store.TryAcquireLeaseAsync(other, held: null, Long, default)).Lease, Is.Not.Null);
    }

    [Test]
    [Description("A caller that saw an older generation receives the newer grant, whose tokens it wanted, and no lease")]
    public async Task A_newer_generation_is_returned_and_not_leased()
    {
        var (store, grant) = await WithGrantAsync();
        await store.TryReplaceAsync(Next(grant), default);

        var result = await store.TryAcquireLeaseAsync(grant, held: null, Long, default);

        Assert.That(result.Lease, Is.Null);
        Assert.That(result.Current!.Generation, Is.EqualTo(2));
        Assert.That(result.Current.RefreshToken, Is.EqualTo(Next(grant).RefreshToken));
        Assert.That(result.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    [Description("A removed grant cannot be leased")]
    public async Task A_removed_grant_is_not_leased()
    {
        var (store, grant) = await WithGrantAsync();
        await store.RemoveAsync(grant, default);
        Assert.That(
            await store.TryAcquireLeaseAsync(grant, held: null, Long, default),
            Is.EqualTo(new LeaseResult(null, null, RefreshTokenStatus.Unused))
        );
    }

    [Test]
    [Description("The holder can renew its lease; the renewed lease has a higher fence")]
    public async Task The_holder_renews_its_lease()
    {
        var (store, grant) = await WithGrantAsync();
        var lease = await LeaseAsync(store, grant);
        var renewed = await store.TryAcquireLeaseAsync(grant, lease, Long, default);
        Assert.That((renewed.Lease!.Fence > lease.Fence, renewed.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unused)));
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, lease, Long, default)).Lease,
            Is.EqualTo(renewed.Lease),
            "repeated, because the response was lost"
        );
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, renewed.Lease, Long, default)).Lease!.Fence,
            Is.GreaterThan(renewed.Lease.Fence)
        );
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "another caller");
    }

    [Test]
    [Description(
        "After an outage of the store the holder can renew a lease that has expired and that no other caller has acquired "
            + "since; the holder knows whether it sent the refresh token"
    )]
    public async Task The_holder_renews_an_expired_lease()
    {
        var (store, grant) = await WithGrantAsync();
        var lease = (await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default)).Lease!;
        var renewed = await store.TryAcquireLeaseAsync(grant, lease, Long, default);
        Assert.That((renewed.Lease is not null, renewed.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unused)));
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "another caller");
    }

    [Test]
    [Description("The network can deliver late: a release that was sent before the lease was renewed has no effect")]
    public async Task A_release_that_arrives_after_the_renewal_has_no_effect()
    {
        var (store, grant) = await WithGrantAsync();
        var lease = await LeaseAsync(store, grant);
        var renewed = (await store.TryAcquireLeaseAsync(grant, lease, Long, default)).Lease!;

        await store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "the lease is still held");
        await store.ReleaseLeaseAsync(renewed, RefreshTokenStatus.Unused, default);
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Not.Null);
    }

    [Test]
    [Description("The former holder of a lease that another caller acquired can neither renew nor release it")]
    public async Task A_lease_that_another_caller_acquired_is_lost()
    {
        var (store, grant) = await WithGrantAsync();
        var first = (await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default)).Lease!;
        var second = await LeaseAsync(store, grant);
        Assert.That(second.Fence, Is.GreaterThan(first.Fence));

        Assert.That((await store.TryAcquireLeaseAsync(grant, first, Long, default)).Lease, Is.Null, "renewed");
        await store.ReleaseLeaseAsync(first, RefreshTokenStatus.Unused, default);
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "released");
    }

    [Test]
    [Description(
        "A holder that neither saved nor released its lease leaves the intent; the next holder learns that the token "
            + "may have been presented"
    )]
    public async Task A_failed_holder_leaves_its_intent()
    {
        var (store, grant) = await WithGrantAsync();
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unused)
        );
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unknown)
        );
    }

    [Test]
    [Description("A refresh token that the server rejected is not presented again after the process that knew it ended")]
    public async Task A_rejected_refresh_token_stays_rejected()
    {
        var (store, grant) = await WithGrantAsync();
        await store.ReleaseLeaseAsync(await LeaseAsync(store, grant), RefreshTokenStatus.Rejected, default);
        await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Rejected)
        );
    }

    [TestCase(RefreshTokenStatus.Unused)]
    [TestCase(RefreshTokenStatus.Unknown)]
    [TestCase(RefreshTokenStatus.Rejected)]
    [Description("The status that a holder reported is returned to the next one")]
    public async Task A_reported_status_is_returned(RefreshTokenStatus known)
    {
        var (store, grant) = await WithGrantAsync();
        await store.ReleaseLeaseAsync(await LeaseAsync(store, grant), known, default);

        var next = await store.TryAcquireLeaseAsync(grant, held: null, Long, default);

        Assert.That(next.Lease, Is.Not.Null);
        Assert.That(next.PreviousStatus, Is.EqualTo(known));
        Assert.That((await store.TryAcquireLeaseAsync(grant, next.Lease, Long, default)).PreviousStatus, Is.EqualTo(known), "renewed");
    }

    [Test]
    [Description("A new generation has a new refresh token: neither the old lease nor the status of the old token applies to it")]
    public async Task A_new_generation_has_a_new_status()
    {
        var (store, grant) = await WithGrantAsync();
        await store.ReleaseLeaseAsync(await LeaseAsync(store, grant), RefreshTokenStatus.Rejected, default);
        await LeaseAsync(store, grant);
        var second = Next(grant);
        await store.TryReplaceAsync(second, default);

        var result = await store.TryAcquireLeaseAsync(second, held: null, Long, default);

        Assert.That(result.Lease?.Generation, Is.EqualTo(2));
        Assert.That(result.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    [Description("Grant and generation decide whether a result is saved; a working token is not discarded because the fence changed")]
    public async Task A_late_result_is_saved()
    {
        var (store, grant) = await WithGrantAsync();
        await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        await LeaseAsync(store, grant);
        Assert.That(await store.TryReplaceAsync(Next(grant), default), Is.True);
    }

    [Test]
    [Description("The late release of a lease of the old generation does not release that of the new one")]
    public async Task A_late_release_has_no_effect()
    {
        var (store, grant) = await WithGrantAsync();
        var old = await LeaseAsync(store, grant);
        var second = Next(grant);
        await store.TryReplaceAsync(second, default);
        await LeaseAsync(store, second);
        await store.ReleaseLeaseAsync(old, RefreshTokenStatus.Rejected, default);
        Assert.That((await store.TryAcquireLeaseAsync(second, held: null, Long, default)).Lease, Is.Null);
    }

    [Test]
    [Description("A caller waits for a lease no longer than it lasts: saving, releasing and removing each end the wait")]
    public async Task Waiting_ends_with_the_lease([Values("saved", "ended", "removed")] string how)
    {
        var (store, grant) = await WithGrantAsync();
        var lease = await LeaseAsync(store, grant);
        var waiting = store.WaitForChangeAsync(grant, Long, default).AsTask();
        switch (how)
        {
            case "saved":
                await store.TryReplaceAsync(Next(grant), default);
                break;
            case "ended":
                await store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unknown, default);
                break;
            default:
                await store.RemoveAsync(grant, default);
                break;
        }
        await waiting;
    }

    [Test]
    [Description("The wait ends at once when no node holds the lease, or when the generation has changed")]
    public async Task The_wait_ends_at_once_without_a_lease()
    {
        var (store, grant) = await WithGrantAsync();
        await store.WaitForChangeAsync(grant, Long, default);
        await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        await store.WaitForChangeAsync(grant, Long, default);
        await store.TryReplaceAsync(Next(grant), default);
        await LeaseAsync(store, Next(grant));
        await store.WaitForChangeAsync(grant, Long, default);
        await store.RemoveAsync(grant, default);
        await store.WaitForChangeAsync(grant, Long, default);
    }

    [Test]
    [Description("A canceled caller stops waiting; the lease remains held")]
    public async Task Waiting_can_be_canceled()
    {
        var (store, grant) = await WithGrantAsync();
        await LeaseAsync(store, grant);
        using CancellationTokenSource cancellation = new();
        var waiting = store.WaitForChangeAsync(grant, Long, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null);
    }

    private async Task<(IGrantStore Store, Grant Grant)> WithGrantAsync()
    {
        var store = await CreateAsync();
        var grant = Sample("g1", "42");
        await store.AddAsync(grant, default);
        return (store, grant);
    }

    private static async Task<RefreshLease> LeaseAsync(IGrantStore store, Grant grant) =>
        (await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease!;
}
