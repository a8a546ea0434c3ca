namespace OAuthClient.Tests;

/// <summary>The part of the contract that keeps two nodes from spending the same refresh token (RFC 9700 §4.14).</summary>
public abstract partial class GrantStoreContract
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Test]
    [Description("Rotation race: of all who ask at the same moment exactly one gets the lease, and the others hear what is stored")]
    public async Task One_holder()
    {
        var (store, grant) = await WithGrantAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await store.TryAcquireLeaseAsync(grant, held: null, Long, default)))
        );

        Assert.That(answers.Count(answer => answer.Lease is not null), Is.EqualTo(1));
        Assert.That(answers.Select(answer => answer.Current?.Generation), Is.All.EqualTo(1));
        var lease = answers.Single(answer => answer.Lease is not null).Lease!;
        Assert.That((lease.GrantId, lease.Generation), Is.EqualTo(("g1", 1L)));
    }

    [Test]
    [Description("Leases are by grant: another grant of the same owner is another matter")]
    public async Task Another_grant_can_be_leased()
    {
        var (store, grant) = await WithGrantAsync();
        var other = Sample("g2", "42");
        await store.AddAsync(other, default);
        await LeaseAsync(store, grant);
        Assert.That((await store.TryAcquireLeaseAsync(other, held: null, Long, default)).Lease, Is.Not.Null);
    }

    [Test]
    [Description("Whoever saw an older generation gets no lease but the newer grant: its tokens are what the caller wanted")]
    public async Task A_newer_generation_is_told_and_not_leased()
    {
        var (store, grant) = await WithGrantAsync();
        await store.TryReplaceAsync(Next(grant), default);

        var answer = await store.TryAcquireLeaseAsync(grant, held: null, Long, default);

        Assert.That(answer.Lease, Is.Null);
        Assert.That(answer.Current!.Generation, Is.EqualTo(2));
        Assert.That(answer.Current.RefreshToken, Is.EqualTo(Next(grant).RefreshToken));
        Assert.That(answer.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    [Description("A grant that was ended cannot be leased")]
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
    public async Task The_holder_renews()
    {
        var (store, grant) = await WithGrantAsync();
        var lease = await LeaseAsync(store, grant);
        var renewed = await store.TryAcquireLeaseAsync(grant, lease, Long, default);
        Assert.That((renewed.Lease!.Fence > lease.Fence, renewed.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unused)));
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, lease, Long, default)).Lease,
            Is.EqualTo(renewed.Lease),
            "asked again, because the answer was lost"
        );
        Assert.That(
            (await store.TryAcquireLeaseAsync(grant, renewed.Lease, Long, default)).Lease!.Fence,
            Is.GreaterThan(renewed.Lease.Fence)
        );
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "another");
    }

    [Test]
    [Description(
        "A store that was away: a lease that is over, and that nobody has taken since, is its holder's to renew; what it did with the refresh token it knows"
    )]
    public async Task The_holder_renews_what_is_over()
    {
        var (store, grant) = await WithGrantAsync();
        var lease = (await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default)).Lease!;
        var renewed = await store.TryAcquireLeaseAsync(grant, lease, Long, default);
        Assert.That((renewed.Lease is not null, renewed.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unused)));
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "another");
    }

    [Test]
    [Description("A network that was away delivers late: an end that was sent before the lease was renewed ends nothing")]
    public async Task An_end_that_comes_after_the_renewal_ends_nothing()
    {
        var (store, grant) = await WithGrantAsync();
        var lease = await LeaseAsync(store, grant);
        var renewed = (await store.TryAcquireLeaseAsync(grant, lease, Long, default)).Lease!;

        await store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "it is still held");
        await store.ReleaseLeaseAsync(renewed, RefreshTokenStatus.Unused, default);
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Not.Null);
    }

    [Test]
    [Description("A lease taken over by another is lost to its first holder: it can neither renew nor end it")]
    public async Task A_lease_that_was_taken_over_is_lost()
    {
        var (store, grant) = await WithGrantAsync();
        var first = (await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default)).Lease!;
        var second = await LeaseAsync(store, grant);
        Assert.That(second.Fence, Is.GreaterThan(first.Fence));

        Assert.That((await store.TryAcquireLeaseAsync(grant, first, Long, default)).Lease, Is.Null, "renewed");
        await store.ReleaseLeaseAsync(first, RefreshTokenStatus.Unused, default);
        Assert.That((await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease, Is.Null, "ended");
    }

    [Test]
    [Description(
        "Rule 8: a holder that neither saved nor ended its lease leaves the intent; the next one learns that the token may have been presented"
    )]
    public async Task A_holder_that_died_leaves_its_intent()
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
    [Description("A refresh token that the server refused is not presented again because somebody who knew that died")]
    public async Task What_was_refused_stays_refused()
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
    [Description("What a holder found out is known to the next one")]
    public async Task What_was_found_out_is_told(RefreshTokenStatus known)
    {
        var (store, grant) = await WithGrantAsync();
        await store.ReleaseLeaseAsync(await LeaseAsync(store, grant), known, default);

        var next = await store.TryAcquireLeaseAsync(grant, held: null, Long, default);

        Assert.That(next.Lease, Is.Not.Null);
        Assert.That(next.PreviousStatus, Is.EqualTo(known));
        Assert.That((await store.TryAcquireLeaseAsync(grant, next.Lease, Long, default)).PreviousStatus, Is.EqualTo(known), "renewed");
    }

    [Test]
    [Description("A new generation has a new refresh token: neither the lease nor what was known of the old one concerns it")]
    public async Task A_new_generation_begins_anew()
    {
        var (store, grant) = await WithGrantAsync();
        await store.ReleaseLeaseAsync(await LeaseAsync(store, grant), RefreshTokenStatus.Rejected, default);
        await LeaseAsync(store, grant);
        var second = Next(grant);
        await store.TryReplaceAsync(second, default);

        var answer = await store.TryAcquireLeaseAsync(second, held: null, Long, default);

        Assert.That(answer.Lease?.Generation, Is.EqualTo(2));
        Assert.That(answer.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    [Description(
        "Rule 5: grant and generation decide whether a result is saved; a token that works is not thrown away because the fence moved"
    )]
    public async Task A_late_result_is_saved()
    {
        var (store, grant) = await WithGrantAsync();
        await store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.Zero, default);
        await LeaseAsync(store, grant);
        Assert.That(await store.TryReplaceAsync(Next(grant), default), Is.True);
    }

    [Test]
    [Description("A lease of the old generation, ended late, does not end the new generation's")]
    public async Task A_late_end_ends_nothing()
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
    [Description("Whoever waits for a lease waits no longer than it lasts: saved, ended and removed each wake them")]
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
    [Description("There is nothing to wait for when nobody holds the lease, or the generation is another")]
    public async Task Nothing_to_wait_for()
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
    [Description("A caller who cancels stops waiting; the lease stays")]
    public async Task Waiting_can_be_cancelled()
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
