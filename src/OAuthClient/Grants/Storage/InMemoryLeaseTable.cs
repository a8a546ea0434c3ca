namespace OAuthClient;

/// <summary>Who may spend which grant's refresh token, among the threads of this process. Its callers hold the store's lock, but for the waiting.</summary>
internal sealed class InMemoryLeaseTable(TimeProvider time)
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private long fences;

    public LeaseResult TryLease(Grant stored, RefreshLease? held, TimeSpan length)
    {
        if (!entries.TryGetValue(stored.Id, out var entry))
            entries[stored.Id] = entry = new();
        if (entry.Fence is { } fence)
        {
            if (held is not null && (held.Fence == fence || held.Fence == entry.Former))
            {
                // What is said of the old one from now on comes late. Whoever asks with it again has not heard.
                if (held.Fence == fence)
                    (entry.Former, entry.Fence) = (fence, ++fences);
                entry.Begin(time.GetTimestamp(), length);
                return new(stored, held with { Fence = entry.Fence!.Value }, entry.Presentation);
            }
            if (time.GetElapsedTime(entry.Since) < entry.Length)
                return new(stored, null, entry.Presentation);
            // Whoever held it neither saved nor ended it: what it did with the refresh token is not known, unless it was of no use before.
            if (entry.Presentation != RefreshTokenStatus.Rejected)
                entry.Presentation = RefreshTokenStatus.Unknown;
        }
        (entry.Former, entry.Fence) = (null, ++fences);
        entry.Begin(time.GetTimestamp(), length);
        return new(stored, new RefreshLease(stored.Id, stored.Generation, fences), entry.Presentation);
    }

    public void End(RefreshLease lease, RefreshTokenStatus status)
    {
        if (!entries.TryGetValue(lease.GrantId, out var entry) || entry.Fence != lease.Fence)
            return;
        entry.Fence = null;
        entry.Presentation = status;
        entry.Wake();
        if (status == RefreshTokenStatus.Unused)
            entries.Remove(lease.GrantId);
    }

    /// <summary>There is another generation, or none: nothing that was known still holds.</summary>
    public void Forget(string grantId)
    {
        if (entries.Remove(grantId, out var entry))
            entry.Wake();
    }

    /// <returns>What ends when the lease does and how long that may last; <see langword="null"/> when nobody holds one.</returns>
    public (Task Change, TimeSpan Left)? Waiting(string grantId) =>
        entries.TryGetValue(grantId, out var entry)
        && entry.Fence is not null
        && entry.Length - time.GetElapsedTime(entry.Since) is var left
        && left > TimeSpan.Zero
            ? (entry.Changed, left)
            : null;

    private sealed class Entry
    {
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long? Fence { get; set; }

        /// <summary>The number that the lease had before it was renewed.</summary>
        public long? Former { get; set; }

        public long Since { get; private set; }
        public TimeSpan Length { get; private set; }
        public RefreshTokenStatus Presentation { get; set; }
        public Task Changed => changed.Task;

        public void Begin(long now, TimeSpan length) => (Since, Length) = (now, length);

        public void Wake()
        {
            changed.SetResult();
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
