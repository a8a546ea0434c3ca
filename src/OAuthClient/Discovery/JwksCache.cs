using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Caches the server's signing keys (RFC 7517 §5). Concurrent callers share one request. The keys are fetched again when no cached key
/// verifies a token. During an outage the cached keys are used for up to 24 hours.
/// </summary>
internal sealed class JwksCache(BackChannelClient backChannel, TimeProvider time, ILogger logger)
{
    // Keyed by the configuration as well, so that no caller waits for a request with the settings of an earlier one.
    private readonly ConditionalWeakTable<AuthorizationServerMetadata, KeySet> sets = [];
    private readonly Lock changes = new();
    private KeySet? last;

    /// <summary>Validates the token's signature. Fetches the keys again when no cached key verifies it.</summary>
    /// <param name="token">The token.</param>
    /// <param name="jwksUri">The address of the key set.</param>
    /// <param name="configuration">The configuration that the caller's operation started with.</param>
    /// <param name="hasTenants">Whether a key may belong to a single tenant of the server.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="OAuthProtocolException">The signature is not valid.</exception>
    public async Task ValidateSignatureAsync(
        UnverifiedJwt token,
        Uri jwksUri,
        ClientConfiguration configuration,
        bool hasTenants,
        CancellationToken cancellationToken
    )
    {
        var set = FindSet(jwksUri, configuration);
        var keys = await set.GetAsync(cancellationToken).ConfigureAwait(false);
        var candidates = AsymmetricSignatureValidator.Candidates(token, keys.Content, hasTenants);
        if (AsymmetricSignatureValidator.Verifies(token, candidates))
            return;
        // The server may have rotated its keys before it signed the token. Some servers reuse the key identifier for the new key.
        bool mayFetchAgain = time.GetUtcNow() >= keys.NextEarlyFetchAt;
        if (mayFetchAgain)
        {
            keys = await set.FetchEarlyAsync(keys, cancellationToken).ConfigureAwait(false);
            candidates = AsymmetricSignatureValidator.Candidates(token, keys.Content, hasTenants);
            if (AsymmetricSignatureValidator.Verifies(token, candidates))
                return;
        }
        // A newer set may hold the key.
        keys.Outage?.Throw();
        throw AsymmetricSignatureValidator.Refusal(token, candidates.Count, mayPass: candidates.Count == 0 || !mayFetchAgain);
    }

    /// <summary>Fetches the keys if no fresh ones are cached. A failure is ignored.</summary>
    public async Task PrefetchAsync(Uri jwksUri, ClientConfiguration configuration)
    {
        try
        {
            await FindSet(jwksUri, configuration).GetAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // ValidateSignatureAsync fetches the keys again and reports the failure.
        }
    }

    private KeySet FindSet(Uri jwksUri, ClientConfiguration configuration)
    {
        if (sets.TryGetValue(configuration.ConfiguredMetadata, out var known) && known.Source == jwksUri)
            return known;
        lock (changes)
        {
            if (sets.TryGetValue(configuration.ConfiguredMetadata, out known) && known.Source == jwksUri)
                return known;
            last = new(backChannel, time, logger, configuration, jwksUri, last?.Source == jwksUri ? last.Value : null);
            sets.AddOrUpdate(configuration.ConfiguredMetadata, last);
            return last;
        }
    }

    private sealed class KeySet(
        BackChannelClient backChannel,
        TimeProvider time,
        ILogger logger,
        ClientConfiguration configuration,
        Uri source,
        DiscoveryDocument<IReadOnlyList<JwksKey>>.Fetched? initial
    ) : DiscoveryDocument<IReadOnlyList<JwksKey>>(time, initial, TimeSpan.FromSeconds(60))
    {
        public Uri Source => source;

        protected override async Task<IReadOnlyList<JwksKey>> DownloadAsync()
        {
            var request = new BackChannelRequest("key set endpoint", source) { Accept = "application/jwk-set+json, application/json" };
            var response = await backChannel.SendAsync(request, configuration, CancellationToken.None).ConfigureAwait(false);
            if (!response.IsSuccess || response.TolerantJson() is null)
                throw new EndpointException(response.Failure(response.Json()));
            return JwksParser.Read(response.Body, Skip, configuration.Ed25519);
        }

        private void Skip(int index, string reason) => Log.KeySkipped(logger, configuration.Name, index, reason);

        // An old set may hold a withdrawn key.
        protected override Freshness WhenOld(Fetched known) => Freshness.Fallback;
    }
}
