namespace OAuthClient.PostgreSql;

/// <summary>Represents the cache entry of one owner's grants.</summary>
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
            // Every reader sets it. A write of the same value would invalidate the processor's cache line.
            if (isUsed != value)
                isUsed = value;
        }
    }

    public void Change(Func<GrantSnapshot, GrantSnapshot> change)
    {
        lock (this)
        {
            Changes++;
            // The absence of grants is not cached, so that a grant of another node is not missed.
            if (copy is not null)
                copy = change(copy) is { Grants.Length: > 0 } changed ? changed : null;
        }
    }
}
