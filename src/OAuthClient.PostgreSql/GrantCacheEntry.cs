namespace OAuthClient.PostgreSql;

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
