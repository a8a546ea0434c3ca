using System.Runtime.CompilerServices;

namespace OAuthClient;

/// <summary>
/// Caches the server's metadata. Concurrent callers share one request. After one hour the metadata is refreshed in the background while
/// callers use the cached document. During an outage a document is used for up to 24 hours.
/// </summary>
internal sealed class ServerMetadataCache(BackChannelClient backChannel, TimeProvider time)
{
    // Keyed by the configuration, not by the issuer: a corrected configuration is tried at once, although an earlier one failed.
    private readonly ConditionalWeakTable<AuthorizationServerMetadata, Document> documents = [];
    private volatile Document? last;

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
        if (!documents.TryGetValue(current.ConfiguredMetadata, out var document))
            document = last = documents.GetOrAdd(current.ConfiguredMetadata, new Document(backChannel, time, current, last));
        var getting = document.GetAsync(cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        return getting.IsCompletedSuccessfully ? new(getting.Result.Content) : new(ContentAsync(getting));
#pragma warning restore VSTHRD103
    }

    /// <summary>Waits for the request in progress.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => last?.DrainAsync(cancellationToken) ?? Task.CompletedTask;

    private static async Task<AuthorizationServerMetadata> ContentAsync(
        ValueTask<DiscoveryDocument<AuthorizationServerMetadata>.Fetched> getting
    ) => (await getting.ConfigureAwait(false)).Content;

    private static AuthorizationServerMetadata Merge(AuthorizationServerMetadata discovered, AuthorizationServerMetadata configured) =>
        discovered.OverriddenBy(configured);

    private sealed class Document(BackChannelClient backChannel, TimeProvider time, ClientConfiguration configuration, Document? earlier)
        : DiscoveryDocument<AuthorizationServerMetadata>(time, Adopt(earlier, configuration), TimeSpan.FromSeconds(30))
    {
        private readonly (Uri Issuer, Uri? Address) source = (configuration.Issuer!, configuration.MetadataAddress);

        protected override async Task<AuthorizationServerMetadata> DownloadAsync()
        {
            var discovered = await ServerMetadataClient
                .FetchAsync(configuration, backChannel, CancellationToken.None)
                .ConfigureAwait(false);
            return Merge(discovered, configuration.ConfiguredMetadata);
        }

        // Metadata of an earlier configuration is used only if the server is unavailable.
        protected override Freshness WhenOld(Fetched known) =>
            known.FreshUntil == DateTimeOffset.MinValue ? Freshness.Fallback : Freshness.Stale;

        // The server responded with invalid metadata, so the cached metadata is not used either.
        protected override Fetched? Keep(Fetched known, Exception exception) =>
            exception is OAuthProtocolException ? null : base.Keep(known, exception);

        private static Fetched? Adopt(Document? earlier, ClientConfiguration configuration) =>
            earlier?.Value is { } known && earlier.source == (configuration.Issuer!, configuration.MetadataAddress)
                ? known with
                {
                    Content = Merge(known.Content, configuration.ConfiguredMetadata),
                    FreshUntil = DateTimeOffset.MinValue,
                }
                : null;
    }
}
