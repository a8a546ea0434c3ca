namespace OAuthClient.Tests;

/// <summary>Defects in leases, statuses and waiting.</summary>
internal static class LeaseDefects
{
    public static IEnumerable<Defect<IGrantStore>> All { get; } =
    [
        new(
            "issues a lease to every caller",
            (store, _) =>
            {
                long fence = 0;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = (seen, _, _) =>
                        new(
                            new LeaseResult(
                                seen,
                                new(seen.Id, seen.Generation, Interlocked.Increment(ref fence)),
                                RefreshTokenStatus.Unused
                            )
                        ),
                };
            },
            "One of concurrent callers acquires the lease",
            "A removed grant is not leased",
            "A newer generation is returned and not leased",
            "Two nodes do not hold the same lease"
        ),
        new(
            "leases an owner instead of a grant",
            (store, _) =>
            {
                string? leased = null;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                        (leased ??= seen.Id) == seen.Id
                            ? await store.TryAcquireLeaseAsync(seen, held, length, default)
                            : new(seen, null, RefreshTokenStatus.Unused),
                };
            },
            "Another grant of the owner can be leased"
        ),
        new(
            "issues every lease with the same fence",
            (store, _) =>
            {
                RefreshLease? last = null;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                    {
                        var result = await store.TryAcquireLeaseAsync(seen, held is null ? null : last, length, default);
                        last = result.Lease ?? last;
                        return result with { Lease = result.Lease is null ? null : result.Lease with { Fence = 1 } };
                    },
                    OnRelease = (_, status) => store.ReleaseLeaseAsync(last!, status, default),
                };
            },
            "Every lease has a higher fence than those before it",
            "The holder renews its lease",
            "A lease that another caller acquired is lost",
            "A release that arrives after the renewal has no effect",
            "One node releases the lease, and another acquires it"
        ),
        new(
            "starts fences again with each generation",
            (store, _) =>
            {
                long start = 0;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                    {
                        var inner = held is null ? null : held with { Fence = held.Fence + start };
                        var result = await store.TryAcquireLeaseAsync(seen, inner, length, default);
                        if (result.Lease is { Generation: > 1 } && start == 0)
                            start = result.Lease.Fence - 1;
                        return result with
                        {
                            Lease = result.Lease is null ? null : result.Lease with { Fence = result.Lease.Fence - start },
                        };
                    },
                };
            },
            "Every lease has a higher fence than those before it"
        ),
        new(
            "does not renew",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnAcquire = (seen, _, length) => store.TryAcquireLeaseAsync(seen, null, length, default),
                },
            "The holder renews its lease",
            "A repeated renewal returns the lease that was issued first"
        ),
        new(
            "answers a repeated renewal as a lost lease",
            (store, _) =>
            {
                HashSet<long> renewed = [];
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                        held is null || renewed.Add(held.Fence)
                            ? await store.TryAcquireLeaseAsync(seen, held, length, default)
                            : new(seen, null, RefreshTokenStatus.Unused),
                };
            },
            "A repeated renewal returns the lease that was issued first"
        ),
        new(
            "does not renew an expired lease",
            (store, _) =>
            {
                bool isExpired = false;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                    {
                        if (held is not null && isExpired)
                            return new(seen, null, RefreshTokenStatus.Unknown);
                        isExpired = length == TimeSpan.Zero;
                        return await store.TryAcquireLeaseAsync(seen, held, length, default);
                    },
                };
            },
            "The holder renews a lease that has expired"
        ),
        new(
            "releases the current lease with any other",
            (store, _) =>
            {
                RefreshLease? current = null;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                    {
                        var result = await store.TryAcquireLeaseAsync(seen, held, length, default);
                        current = result.Lease ?? current;
                        return result;
                    },
                    OnRelease = (_, status) => store.ReleaseLeaseAsync(current!, status, default),
                };
            },
            "A lease that another caller acquired is lost",
            "A late release does not release the lease of a newer generation",
            "A release that arrives after the renewal has no effect"
        ),
        new(
            "discards a result whose lease was lost",
            (store, _) =>
            {
                int acquired = 0;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = (seen, held, length) =>
                    {
                        acquired++;
                        return store.TryAcquireLeaseAsync(seen, held, length, default);
                    },
                    OnReplace = async newer => acquired < 2 && await store.TryReplaceAsync(newer, default),
                };
            },
            "A result is saved after its lease was lost"
        ),
        Reports(
            "forgets what became of a refresh token",
            (_, _) => RefreshTokenStatus.Unused,
            "A holder that failed leaves its intent",
            "A rejected refresh token stays rejected",
            "The reported status Unknown is returned to the next holder",
            "The reported status Rejected is returned to the next holder"
        ),
        Reports(
            "takes every refresh token for one that may have been sent",
            (_, _) => RefreshTokenStatus.Unknown,
            "The reported status Unused is returned to the next holder",
            "A new generation has neither the lease nor the status of the old one"
        ),
        new(
            "issues leases that never end",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnAcquire = (seen, held, _) => store.TryAcquireLeaseAsync(seen, held, TimeSpan.FromDays(1), default),
                },
            "A holder that failed leaves its intent",
            "A lease is held for its length and no longer",
            "The expiry of the lease ends the wait"
        ),
        new(
            "issues leases that end early",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnAcquire = (seen, held, length) => store.TryAcquireLeaseAsync(seen, held, length / 2, default),
                },
            "A lease is held for its length and no longer"
        ),
        new(
            "renews a lease without a new length",
            (store, time) =>
            {
                DateTimeOffset end = default;
                return new ForwardingGrantStore(store)
                {
                    OnAcquire = (seen, held, length) =>
                    {
                        end = held is null ? time.GetUtcNow() + length : end;
                        return store.TryAcquireLeaseAsync(seen, held, end - time.GetUtcNow(), default);
                    },
                };
            },
            "A renewal begins a new length"
        ),
        new(
            "never ends a wait",
            (store, _) => new ForwardingGrantStore(store) { OnWait = (_, _, cancel) => new(Task.Delay(Timeout.Infinite, cancel)) },
            "A save ends the wait for the lease",
            "A release ends the wait for the lease",
            "A removal ends the wait for the lease",
            "The wait ends at once without a lease",
            "The wait ends at its time limit",
            "A save by one node ends the wait on another",
            "A release by one node ends the wait on another",
            "A removal by one node ends the wait on another"
        ),
        new(
            "ignores the time limit of a wait",
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnWait = (seen, _, cancel) => store.WaitForChangeAsync(seen, TimeSpan.FromDays(1), cancel),
                },
            "The wait ends when its time limit has passed"
        ),
        new(
            "ignores the cancellation of a wait",
            (store, _) => new ForwardingGrantStore(store) { OnWait = (_, _, _) => new(Task.CompletedTask) },
            "A canceled caller stops waiting and the lease remains"
        ),
    ];

    private static Defect<IGrantStore> Reports(
        string name,
        Func<Grant, LeaseResult, RefreshTokenStatus> status,
        params string[] refusedBy
    ) =>
        new(
            name,
            (store, _) =>
                new ForwardingGrantStore(store)
                {
                    OnAcquire = async (seen, held, length) =>
                    {
                        var result = await store.TryAcquireLeaseAsync(seen, held, length, default);
                        return result with { PreviousStatus = status(seen, result) };
                    },
                },
            refusedBy
        );
}
