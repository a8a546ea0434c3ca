namespace OAuthClient;

/// <summary>
/// Caches the server's metadata. Concurrent callers share one request. After one hour the metadata is refreshed in the background while
/// callers use the cached entry. During an outage an entry is used for up to 24 hours.
/// </summary>
internal sealed class ServerMetadataCache(BackChannelClient backChannel, TimeProvider time)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(24);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    // Keyed by the configuration, not by the issuer: a corrected configuration is tried at once, although an earlier one failed.
    private readonly SingleFlight<AuthorizationServerMetadata, AuthorizationServerMetadata> fetches = new(
        ReferenceEqualityComparer.Instance,
        time
    );
    private CacheEntry? cached;

    /// <summary>Returns the discovered endpoints. Configured endpoints override discovered ones.</summary>
    /// <param name="current">
    /// The configuration that the caller's operation started with. A reloaded configuration may name another server, which must not receive
    /// this operation's requests.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<AuthorizationServerMetadata> FindAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (!current.UsesDiscovery)
            return new(current.ConfiguredMetadata);
        var now = time.GetUtcNow();
        if (
            Volatile.Read(ref cached) is not { } entry
            || !ReferenceEquals(entry.Registration.ConfiguredMetadata, current.ConfiguredMetadata)
            || now >= entry.ExpiresAt
        )
            return new(FetchOnceAsync(current).WaitAsync(cancellationToken));
        if (now >= entry.RefreshAt)
            _ = FetchOnceAsync(current);
        return new(entry.Metadata);
    }

    /// <summary>Waits for the requests in progress.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => fetches.DrainAsync(cancellationToken);

    private Task<AuthorizationServerMetadata> FetchOnceAsync(ClientConfiguration current) =>
        fetches.JoinOrStart(current.ConfiguredMetadata, () => FetchAsync(current));

    private async Task<AuthorizationServerMetadata> FetchAsync(ClientConfiguration current)
    {
        var previous = Volatile.Read(ref cached);
        var now = time.GetUtcNow();
        // Another fetch may have completed since the caller read the cache.
        if (
            previous is not null
            && ReferenceEquals(previous.Registration.ConfiguredMetadata, current.ConfiguredMetadata)
            && now < previous.RefreshAt
            && now < previous.ExpiresAt
        )
            return previous.Metadata;
        bool hasPrevious = previous is not null && previous.Registration.Issuer == current.Issuer && now < previous.ExpiresAt;
        try
        {
            var discovered = await ServerMetadataClient.FetchAsync(current, backChannel, CancellationToken.None).ConfigureAwait(false);
            now = time.GetUtcNow();
            return Store(new(current, Merge(discovered, current.ConfiguredMetadata), now + FreshFor, now + MaximumAge));
        }
        catch (Exception exception)
            when (hasPrevious
                && exception is HttpRequestException or OperationCanceledException or OAuthException and not OAuthProtocolException
            )
        {
            // The server is unavailable: the previous metadata stays valid until it expires, and the fetch is retried soon.
            return Store(
                new(current, Merge(previous!.Metadata, current.ConfiguredMetadata), time.GetUtcNow() + RetryDelay, previous.ExpiresAt)
            );
        }
        catch (OAuthProtocolException)
        {
            // The server responded with invalid metadata, so the cached entry is removed and the next caller gets the error as well.
            Interlocked.CompareExchange(ref cached, null, previous);
            throw;
        }
    }

    private AuthorizationServerMetadata Store(CacheEntry entry)
    {
        Volatile.Write(ref cached, entry);
        return entry.Metadata;
    }

    private static AuthorizationServerMetadata Merge(AuthorizationServerMetadata discovered, AuthorizationServerMetadata configured) =>
        discovered.OverriddenBy(configured);

    private sealed record CacheEntry(
        ClientConfiguration Registration,
        AuthorizationServerMetadata Metadata,
        DateTimeOffset RefreshAt,
        DateTimeOffset ExpiresAt
    );
}
