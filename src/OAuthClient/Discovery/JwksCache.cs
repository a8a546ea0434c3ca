using System.Runtime.ExceptionServices;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>
/// The server's signing keys (RFC 7517 §5): cached, fetched once at a time, again when a token names one that is not there,
/// and kept through an outage of a day.
/// </summary>
internal sealed class JwksCache(BackChannelClient backChannel, TimeProvider time)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    // A key that was withdrawn is believed no longer than this, whoever keeps us from hearing of it.
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(24);

    // Through an outage the known keys are used for this long before the server is asked again.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    // Anyone can send tokens with made-up key ids, so that the keys are not fetched for each. Short, because a token that was signed by a
    // really new key is refused meanwhile.
    private static readonly TimeSpan UnknownKeyPause = TimeSpan.FromSeconds(10);

    private readonly SingleFlight<Uri, KeySet> fetches = new(rememberFailuresBy: time);
    private KeySet? newest;

    /// <summary>Requires the token's signature, fetching the keys anew when none of the known ones made it.</summary>
    /// <param name="token">What is signed.</param>
    /// <param name="jwksUri">Where the keys are.</param>
    /// <param name="hasTenants">Whether they may be those of single tenants.</param>
    /// <param name="cancellationToken">Stops waiting for them.</param>
    /// <exception cref="OAuthProtocolException">The signature does not verify.</exception>
    public async Task ValidateSignatureAsync(UnverifiedJwt token, Uri jwksUri, bool hasTenants, CancellationToken cancellationToken)
    {
        var keys = Known(jwksUri);
        if (keys is null || time.GetUtcNow() >= keys.FreshUntil)
            keys = await FetchAsync(jwksUri, keys, forUnknownKey: false).WaitAsync(cancellationToken).ConfigureAwait(false);

        var candidates = JwtSignature.Candidates(token, keys.Keys, hasTenants);
        if (await JwtSignature.VerifiesAsync(token, candidates).ConfigureAwait(false))
            return;
        // The server may have changed its keys just before it signed, and not every server gives the new one another name.
        bool mayAsk = time.GetUtcNow() >= keys.UnknownKeysRefusedUntil;
        if (mayAsk)
        {
            keys = await FetchAsync(jwksUri, keys, forUnknownKey: true).WaitAsync(cancellationToken).ConfigureAwait(false);
            candidates = JwtSignature.Candidates(token, keys.Keys, hasTenants);
            if (await JwtSignature.VerifiesAsync(token, candidates).ConfigureAwait(false))
                return;
        }
        keys.Outage?.Throw();
        throw JwtSignature.Refusal(token, candidates.Count, mayPass: candidates.Count == 0 || !mayAsk);
    }

    /// <summary>Fetches the keys if they are not at hand; a failure is left to whoever needs them.</summary>
    public async Task PrefetchAsync(Uri jwksUri)
    {
        var keys = Known(jwksUri);
        if (keys is not null && time.GetUtcNow() < keys.FreshUntil)
            return;
        try
        {
            await FetchAsync(jwksUri, keys, forUnknownKey: false).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whoever needs them asks again, and says why there are none.
        }
    }

    private KeySet? Known(Uri jwksUri) =>
        Volatile.Read(ref newest) is { } keys && keys.Source == jwksUri && time.GetUtcNow() < keys.EndsAt ? keys : null;

    private Task<KeySet> FetchAsync(Uri jwksUri, KeySet? seen, bool forUnknownKey) =>
        fetches.JoinOrStart(
            jwksUri,
            async () =>
            {
                // Between the caller's look and this one another fetch may have ended.
                if (Known(jwksUri) is { } other && !ReferenceEquals(other, seen))
                    return other;
                try
                {
                    var keys = await DownloadAsync(jwksUri).ConfigureAwait(false);
                    var now = time.GetUtcNow();
                    return Keep(new(jwksUri, keys, now + FreshFor, now + MaximumAge, forUnknownKey ? now + UnknownKeyPause : now));
                }
                catch (Exception exception)
                    when (seen is not null && exception is HttpRequestException or OperationCanceledException or EndpointException)
                {
                    var now = time.GetUtcNow();
                    var pause = now + Pause;
                    return Keep(
                        seen! with
                        {
                            FreshUntil = seen.FreshUntil > pause ? seen.FreshUntil : pause,
                            UnknownKeysRefusedUntil = now + UnknownKeyPause,
                            Outage = ExceptionDispatchInfo.Capture(exception),
                        }
                    );
                }
            }
        );

    private KeySet Keep(KeySet keys)
    {
        Volatile.Write(ref newest, keys);
        return keys;
    }

    private async Task<IReadOnlyList<JsonWebKey>> DownloadAsync(Uri jwksUri)
    {
        var request = new BackChannelRequest("key set endpoint", jwksUri) { Accept = "application/jwk-set+json, application/json" };
        var response = await backChannel.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
        if (!response.IsSuccess || response.Json() is null)
            throw new EndpointException(response.Failure(response.Json()));
        return JwksParser.Read(response.Body.Span);
    }

    private sealed record KeySet(
        Uri Source,
        IReadOnlyList<JsonWebKey> Keys,
        DateTimeOffset FreshUntil,
        DateTimeOffset EndsAt,
        DateTimeOffset UnknownKeysRefusedUntil
    )
    {
        /// <summary>Why there is no newer set: a key that is not in this one may well be in that.</summary>
        public ExceptionDispatchInfo? Outage { get; init; }
    }
}
