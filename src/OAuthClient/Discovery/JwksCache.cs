using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>
/// Caches the server's signing keys (RFC 7517 §5). Concurrent callers share one request. The keys are fetched again when no cached key
/// verifies a token. During an outage the cached keys are used for up to 24 hours.
/// </summary>
internal sealed class JwksCache(BackChannelClient backChannel, TimeProvider time)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    // Limits how long a withdrawn key is trusted, even if an attacker blocks the key set endpoint.
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(24);

    // During an outage, the delay before the keys are requested again.
    private static readonly TimeSpan OutageRetryDelay = TimeSpan.FromSeconds(60);

    // Limits the requests that tokens with invented key identifiers cause. Short, because a token signed with a new key is rejected until
    // the delay has ended.
    private static readonly TimeSpan UnknownKeyRetryDelay = TimeSpan.FromSeconds(10);

    private readonly SingleFlight<Uri, KeySet> fetches = new(rememberFailuresBy: time);
    private KeySet? cached;

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
        var keys = FindCached(jwksUri);
        if (keys is null || time.GetUtcNow() >= keys.FreshUntil)
            keys = await FetchAsync(jwksUri, configuration, keys, forUnknownKey: false).WaitAsync(cancellationToken).ConfigureAwait(false);

        var candidates = AsymmetricSignatureValidator.Candidates(token, keys.Keys, hasTenants);
        if (AsymmetricSignatureValidator.Verifies(token, candidates))
            return;
        // The server may have rotated its keys before it signed the token. Some servers reuse the key identifier for the new key.
        bool mayFetchAgain = time.GetUtcNow() >= keys.NextUnknownKeyFetchAt;
        if (mayFetchAgain)
        {
            keys = await FetchAsync(jwksUri, configuration, keys, forUnknownKey: true).WaitAsync(cancellationToken).ConfigureAwait(false);
            candidates = AsymmetricSignatureValidator.Candidates(token, keys.Keys, hasTenants);
            if (AsymmetricSignatureValidator.Verifies(token, candidates))
                return;
        }
        keys.Outage?.Throw();
        throw AsymmetricSignatureValidator.Refusal(token, candidates.Count, mayPass: candidates.Count == 0 || !mayFetchAgain);
    }

    /// <summary>Fetches the keys if no fresh ones are cached. A failure is ignored.</summary>
    public async Task PrefetchAsync(Uri jwksUri, ClientConfiguration configuration)
    {
        var keys = FindCached(jwksUri);
        if (keys is not null && time.GetUtcNow() < keys.FreshUntil)
            return;
        try
        {
            await FetchAsync(jwksUri, configuration, keys, forUnknownKey: false).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // ValidateSignatureAsync fetches the keys again and reports the failure.
        }
    }

    private KeySet? FindCached(Uri jwksUri) =>
        Volatile.Read(ref cached) is { } keys && keys.Source == jwksUri && time.GetUtcNow() < keys.ExpiresAt ? keys : null;

    private Task<KeySet> FetchAsync(Uri jwksUri, ClientConfiguration configuration, KeySet? previous, bool forUnknownKey) =>
        fetches.JoinOrStart(
            jwksUri,
            async () =>
            {
                // Another fetch may have completed since the caller read the cache.
                if (FindCached(jwksUri) is { } newer && !ReferenceEquals(newer, previous))
                    return newer;
                try
                {
                    var keys = await DownloadAsync(jwksUri, configuration).ConfigureAwait(false);
                    var now = time.GetUtcNow();
                    return Store(new(jwksUri, keys, now + FreshFor, now + MaximumAge, forUnknownKey ? now + UnknownKeyRetryDelay : now));
                }
                catch (Exception exception)
                    when (previous is not null && exception is HttpRequestException or OperationCanceledException or EndpointException)
                {
                    var now = time.GetUtcNow();
                    var retryAt = now + OutageRetryDelay;
                    return Store(
                        previous! with
                        {
                            FreshUntil = previous.FreshUntil > retryAt ? previous.FreshUntil : retryAt,
                            NextUnknownKeyFetchAt = now + UnknownKeyRetryDelay,
                            Outage = ExceptionDispatchInfo.Capture(exception),
                        }
                    );
                }
            }
        );

    private KeySet Store(KeySet keys)
    {
        Volatile.Write(ref cached, keys);
        return keys;
    }

    private async Task<IReadOnlyList<JwksKey>> DownloadAsync(Uri jwksUri, ClientConfiguration configuration)
    {
        var request = new BackChannelRequest("key set endpoint", jwksUri) { Accept = "application/jwk-set+json, application/json" };
        var response = await backChannel.SendAsync(request, configuration, CancellationToken.None).ConfigureAwait(false);
        if (!response.IsSuccess || response.Json() is null)
            throw new EndpointException(response.Failure(response.Json()));
        return JwksParser.Read(response.Body.Span);
    }

    private sealed record KeySet(
        Uri Source,
        IReadOnlyList<JwksKey> Keys,
        DateTimeOffset FreshUntil,
        DateTimeOffset ExpiresAt,
        DateTimeOffset NextUnknownKeyFetchAt
    )
    {
        /// <summary>
        /// The failure of the last fetch. It is thrown when no key verifies a token, because a newer set may hold the key.
        /// </summary>
        public ExceptionDispatchInfo? Outage { get; init; }
    }
}
