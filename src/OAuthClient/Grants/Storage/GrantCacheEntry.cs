namespace OAuthClient;

/// <summary>Caches one owner's grants.</summary>
/// <param name="clientName">The client's name.</param>
/// <param name="owner">The owner.</param>
/// <param name="key">The key by which the change feed names the owner.</param>
/// <param name="store">The store to read.</param>
/// <param name="freshness">Decides how the grants may be used.</param>
/// <param name="feed">Determines what an outage is.</param>
/// <param name="stored">Called, under a lock, when the grants were set or removed.</param>
/// <param name="time">The clock.</param>
internal sealed class GrantCacheEntry(
    string clientName,
    GrantOwner owner,
    string key,
    IGrantStore store,
    GrantFreshness freshness,
    IGrantChangeFeed feed,
    Action<GrantCacheEntry> stored,
    TimeProvider time
) : RevalidatedValue<GrantSnapshot>(time, initial: null)
{
    // Also the objects that the cache has for each owner.
    private const int Overhead = 600;

    private int isQueued;

    public string ClientName => clientName;
    public GrantOwner Owner => owner;
    public string Key => key;

    /// <summary>
    /// Gets the estimated size of the entry in bytes; 0 if it has no grants, so that requests for unknown owners remove nothing.
    /// </summary>
    public long Size => Value is { } copy ? Overhead + copy.Grants.Sum(GrantSize.Of) : 0;

    protected override TimeSpan FailureDuration => TimeSpan.Zero;

    /// <summary>Marks the entry as waiting for a comparison with the store.</summary>
    /// <returns><see langword="false"/> if it waits already.</returns>
    public bool TryQueue() => Interlocked.Exchange(ref isQueued, 1) == 0;

    public void Dequeue() => Volatile.Write(ref isQueued, 0);

    protected override async Task<GrantSnapshot> FetchAsync()
    {
        var during = freshness.Listening;
        long began = Time.GetTimestamp();
        try
        {
            var grants = await store.FindCurrentAsync(clientName, owner, CancellationToken.None).ConfigureAwait(false);
            freshness.RecordRead();
            return new([.. grants], began, during);
        }
        catch (Exception exception)
        {
            freshness.RecordFailure(exception);
            throw;
        }
    }

    protected override Freshness GetFreshness(GrantSnapshot known) => freshness.Of(known);

    protected override bool IsOutage(Exception exception) => feed.IsOutage(exception);

    // The store responded, but did not confirm the grants.
    protected override GrantSnapshot? Keep(GrantSnapshot known, Exception exception) => IsOutage(exception) ? known : null;

    protected override void OnStored() => stored(this);
}
