namespace OAuthClient;

/// <summary>
/// Reports the changes of grants by other processes. A store that implements this interface beside <see cref="IGrantStore"/>, and is
/// registered with <c>AddGrantStore</c>, gets a cache in front of it: its grants are then read again only when they changed or may have
/// changed.
/// </summary>
/// <remarks>
/// The cache reads the store with <see cref="IGrantStore.FindCurrentAsync"/>. It also knows the changes that are made through it. Reports
/// of changes by the own process are allowed, and cost a read. While the feed is not connected, cached grants are used for some seconds
/// without a read, and during an outage of the store for one minute.
/// </remarks>
public interface IGrantChangeFeed
{
    /// <summary>
    /// Gets the maximum size of the cache, in bytes; <see langword="null"/> for 1/64 of the memory that is available to the process. Grants
    /// that were not used recently are removed first.
    /// </summary>
    long? MaximumCacheBytes => null;

    /// <summary>
    /// Sets the functions to call. The library calls this method once, before the other methods of this interface. A feed that is
    /// connected already, because the store is in use, calls <paramref name="connected"/> at once.
    /// </summary>
    /// <remarks>The functions may be called concurrently, and return without waiting for the store.</remarks>
    /// <param name="changed">
    /// Reports that an owner's grants were added, replaced or removed, or that a lease was released; the argument is the owner's key.
    /// Call it only after the change is visible to <see cref="IGrantStore.FindCurrentAsync"/>. Otherwise the cache can read the old
    /// grants again, and keep them.
    /// </param>
    /// <param name="connected">Reports that every change is reported from now on. Earlier changes may have been missed.</param>
    /// <param name="disconnected">
    /// Reports that changes are no longer reported; the argument is the time since the connection was last known to work.
    /// </param>
    void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected);

    /// <summary>
    /// Gets the key by which the feed names an owner. When the method completes, the feed has connected, or has failed to connect and
    /// retries.
    /// </summary>
    /// <param name="clientName">The client's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A text that is different for each client and owner. It is not empty and not the id of a grant.</returns>
    ValueTask<string> GetKeyAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the owners whose stored grants are not the cached ones, because a report was lost. The library calls this method for many
    /// owners at once, some minutes after their grants were read.
    /// </summary>
    /// <param name="cached">The cached grants of each owner, newest first, by the owner's key.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The keys of the owners whose grants have other ids, another order or other generations.</returns>
    ValueTask<IReadOnlyCollection<string>> FindOutdatedAsync(
        IReadOnlyDictionary<string, IReadOnlyList<Grant>> cached,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Determines whether an exception of the store means that it cannot be reached. Cached grants are used then. After any other exception
    /// they are not, because the store did not confirm them.
    /// </summary>
    /// <param name="exception">The exception that a member of the store threw.</param>
    /// <returns><see langword="true"/> if the store cannot be reached; otherwise, <see langword="false"/>.</returns>
    bool IsOutage(Exception exception);
}
