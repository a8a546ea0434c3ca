using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// The client's own access tokens as other nodes fetched them. A cache that is away, slow or wrong costs what having none would: one
/// token request. So nothing but what may be lost goes in, and what comes out is looked at before it is believed.
/// </summary>
internal sealed class DistributedClientTokenCache(
    string clientName,
    IServiceProvider services,
    IDistributedCache cache,
    DistributedTokenProtection protection,
    TimeProvider time,
    ILogger logger
)
{
    // Longer than any cache near by needs, and not longer than a server does.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private const int MaximumLength = 64 * 1024;

    /// <summary>Whose token, from where and for what, each length-prefixed so that no two can be mistaken for one another.</summary>
    public static string Key(ClientConfiguration current, ClientCredentialsRequest request) =>
        AccessTokenKey.LengthPrefixed([current.ConfiguredMetadata.ServerId, current.ClientId])
        + new AccessTokenKey(request.Scopes ?? [], request.Resources).Key;

    /// <returns><see langword="null"/> when there is none that can be read.</returns>
    public async Task<AccessToken?> FindAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            byte[]? found = await SoonAsync(late => cache.GetAsync(Place(key), late), cancellationToken).ConfigureAwait(false);
            if (found is null or { Length: 0 or > MaximumLength })
                return null;
            var stored = GrantSerializer.DeserializeAccessToken(protection.Unprotect(services, found));
            // What was written under another key is another's, however it came here.
            return string.Equals(stored?.Key, key, StringComparison.Ordinal) ? stored!.Value.Token : null;
        }
        catch (Exception exception)
        {
            Log.ClientTokenNotShared(logger, clientName, exception.GetType().Name);
            return null;
        }
    }

    /// <summary>Nobody waits for it.</summary>
    public async Task KeepAsync(string key, AccessToken token, DateTimeOffset end, CancellationToken cancellationToken)
    {
        try
        {
            var life = end - time.GetUtcNow();
            if (life <= TimeSpan.Zero)
                return;
            byte[] content = protection.Protect(services, GrantSerializer.Serialize(key, token));
            await SoonAsync(
                    async late =>
                    {
                        await cache
                            .SetAsync(Place(key), content, new() { AbsoluteExpirationRelativeToNow = life }, late)
                            .ConfigureAwait(false);
                        return true;
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.ClientTokenNotShared(logger, clientName, exception.GetType().Name);
        }
    }

    // With the number of the format: what another version wrote is not found.
    private static string Place(string key) => "OAuthClient:1:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    // On another thread, for a cache that blocks; and left alone after a while, for one that does not listen to its token.
    private async Task<T> SoonAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var token = either.Token;
        var asking = BackgroundWork.Run(() => ask(token));
        // Nobody may be there any more to hear of its fault.
        _ = asking.ContinueWith(
            static over => over.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return await asking.WaitAsync(token).ConfigureAwait(false);
    }
}
