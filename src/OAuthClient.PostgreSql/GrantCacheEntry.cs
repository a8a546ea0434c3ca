namespace OAuthClient.PostgreSql;

/// <summary>What was read of one owner's grants.</summary>
/// <param name="Grants">The grants, newest first.</param>
/// <param name="ReadAt">The timestamp at which reading began.</param>
/// <param name="ReadDuring">The period in which announcements arrived then; <see langword="null"/> when none did.</param>
/// <param name="IsOutdated">Whether the grants are known to have changed since.</param>
internal sealed record GrantSnapshot(Grant[] Grants, long ReadAt, ListeningPeriod? ReadDuring, bool IsOutdated);

/// <summary>A time in which every announcement arrives.</summary>
internal sealed class ListeningPeriod
{
    private long endedAt = long.MinValue;

    /// <summary>The timestamp of its end; <see langword="null"/> while it lasts.</summary>
    public long? EndedAt => Interlocked.Read(ref endedAt) is var ended && ended == long.MinValue ? null : ended;

    public void End(long timestamp) => Interlocked.Exchange(ref endedAt, timestamp);
}

/// <summary>The place of one owner's grants in the cache.</summary>
internal sealed class GrantCacheEntry(string clientName, GrantOwner owner, string hint)
{
    private volatile GrantSnapshot? copy;
    private volatile bool isUsed;

    public string ClientName => clientName;
    public GrantOwner Owner => owner;
    public string Hint => hint;
    public bool IsAdmitted { get; set; }
    public bool IsDropped { get; set; }
    public Task<IReadOnlyList<Grant>>? Reading { get; set; }
    public int Changes { get; private set; }

    public GrantSnapshot? Copy
    {
        get => copy;
        set => copy = value;
    }

    public bool IsUsed
    {
        get => isUsed;
        set
        {
            // Written by every reader: not when it says so already.
            if (isUsed != value)
                isUsed = value;
        }
    }

    public void Change(Func<GrantSnapshot, GrantSnapshot> change)
    {
        lock (this)
        {
            Changes++;
            // An owner without grants is not known, but asked for: a grant added elsewhere must not be missed.
            if (copy is not null)
                copy = change(copy) is { Grants.Length: > 0 } changed ? changed : null;
        }
    }
}
