namespace OAuthClient;

/// <summary>Issues the leases of grants to the threads of this process. Callers hold the store's lock, except while they wait.</summary>
internal sealed class InMemoryLeaseTable(TimeProvider time)
{
    private readonly Dictionary<string, Entry> entries = new();
    private long lastFence;

    public LeaseResult TryAcquire(Grant stored, RefreshLease? held, TimeSpan length)
    {
        if (!entries.TryGetValue(stored.Id, out var entry))
            entries[stored.Id] = entry = new();
        if (entry.Fence is { } fence)
        {
            if (held is not null && (held.Fence == fence || held.Fence == entry.PreviousFence))
            {
                // A renewal has a new fence, so that a late release of the old lease has no effect. A renewal that is repeated with the old
                // lease returns the same renewed lease: the caller did not receive the response.
                if (held.Fence == fence)
                    (entry.PreviousFence, entry.Fence) = (fence, ++lastFence);
                entry.Start(time.GetTimestamp(), length);
                return new(stored, held with { Fence = entry.Fence!.Value }, entry.Status);
            }
            if (time.GetElapsedTime(entry.StartedAt) < entry.Length)
                return new(stored, null, entry.Status);
            // The expired lease was neither released nor replaced by a new generation: its holder may have sent the refresh token.
            if (entry.Status != RefreshTokenStatus.Rejected)
                entry.Status = RefreshTokenStatus.Unknown;
        }
        (entry.PreviousFence, entry.Fence) = (null, ++lastFence);
        entry.Start(time.GetTimestamp(), length);
        return new(stored, new RefreshLease(stored.Id, stored.Generation, lastFence), entry.Status);
    }

    public void Release(RefreshLease lease, RefreshTokenStatus status)
    {
        if (!entries.TryGetValue(lease.GrantId, out var entry) || entry.Fence != lease.Fence)
            return;
        entry.Fence = null;
        entry.Status = status;
        entry.CompleteWaits();
        if (status == RefreshTokenStatus.Unused)
            entries.Remove(lease.GrantId);
    }

    /// <summary>Removes the lease and the status after the generation changed or the grant was removed.</summary>
    public void Remove(string grantId)
    {
        if (entries.Remove(grantId, out var entry))
            entry.CompleteWaits();
    }

    /// <returns>
    /// A task that completes when the lease ends, and the time until the lease expires; <see langword="null"/> if no lease is held.
    /// </returns>
    public (Task Change, TimeSpan Left)? FindHeld(string grantId) =>
        entries.TryGetValue(grantId, out var entry)
        && entry.Fence is not null
        && entry.Length - time.GetElapsedTime(entry.StartedAt) is var left
        && left > TimeSpan.Zero
            ? (entry.Changed, left)
            : null;

    private sealed class Entry
    {
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long? Fence { get; set; }

        /// <summary>Gets or sets the fence of the lease before its renewal.</summary>
        public long? PreviousFence { get; set; }

        public long StartedAt { get; private set; }
        public TimeSpan Length { get; private set; }
        public RefreshTokenStatus Status { get; set; }
        public Task Changed => changed.Task;

        public void Start(long now, TimeSpan length) => (StartedAt, Length) = (now, length);

        public void CompleteWaits()
        {
            changed.SetResult();
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
