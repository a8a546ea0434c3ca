using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>The server's signing keys (RFC 7517 §5): cached, fetched once at a time, and again when a token names one that is not there.</summary>
internal sealed class ServerKeys(BackChannel backChannel, TimeProvider time)
{
    private const int MaximumKeys = 100;
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(1);

    // Whoever sends tokens with made-up key ids must not make us hammer the server.
    private static readonly TimeSpan UnknownKeyPause = TimeSpan.FromSeconds(60);

    private readonly SingleFlight<Uri, KeySet> fetches = new();
    private KeySet? newest;

    /// <summary>Requires the token's signature, fetching the keys anew when none of the known ones can have made it.</summary>
    /// <exception cref="ProtocolViolationException">The signature does not verify.</exception>
    public async Task RequireSignatureAsync(UnverifiedIdToken token, Uri jwksUri, CancellationToken cancellationToken)
    {
        var keys = Volatile.Read(ref newest);
        if (keys is null || keys.Source != jwksUri || time.GetUtcNow() >= keys.FetchedAt + MaximumAge)
            keys = await FetchAsync(jwksUri, cancellationToken).ConfigureAwait(false);

        var candidates = IdTokenSignature.Candidates(token, keys.Keys);
        if (candidates.Count == 0 && time.GetUtcNow() >= keys.FetchedAt + (keys.FetchedForUnknownKey ? UnknownKeyPause : TimeSpan.Zero))
        {
            keys = await FetchAsync(jwksUri, cancellationToken, forUnknownKey: true).ConfigureAwait(false);
            candidates = IdTokenSignature.Candidates(token, keys.Keys);
        }
        await IdTokenSignature.RequireAsync(token, candidates).ConfigureAwait(false);
    }

    private Task<KeySet> FetchAsync(Uri jwksUri, CancellationToken cancellationToken, bool forUnknownKey = false) =>
        fetches.JoinOrStart(jwksUri, async () =>
        {
            var request = new BackChannelRequest("key set endpoint", jwksUri) { Accept = "application/jwk-set+json, application/json" };
            var response = await backChannel.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            if (!response.IsSuccess || response.Json() is null)
                throw new EndpointException(response.Failure(response.Json()));
            var keys = new KeySet(jwksUri, Read(response.Body), time.GetUtcNow(), forUnknownKey);
            Volatile.Write(ref newest, keys);
            return keys;
        }).WaitAsync(cancellationToken);

    private static IReadOnlyList<JsonWebKey> Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            var keys = new JsonWebKeySet(Encoding.UTF8.GetString(json.Span)).Keys;
            return keys.Count <= MaximumKeys
                ? [.. keys]
                : throw new ProtocolViolationException($"The server's key set holds more than {MaximumKeys} keys; it was not used.");
        }
        catch (ArgumentException)
        {
            throw new ProtocolViolationException("The server's key set is malformed (RFC 7517 §5).");
        }
    }

    private sealed record KeySet(Uri Source, IReadOnlyList<JsonWebKey> Keys, DateTimeOffset FetchedAt, bool FetchedForUnknownKey);
}
