using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Shares the client's own access tokens between nodes through the distributed cache of the application. If the cache fails, is slow or
/// returns invalid data, the node sends a token request instead.
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
    // Longer than a nearby cache needs, and no longer than a token request takes.
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);
    private const int MaximumLength = 64 * 1024;

    /// <summary>
    /// Creates the key of a token from server, client, scopes and resources, length-prefixed so that different values have different keys.
    /// </summary>
    public static string Key(ClientConfiguration current, ClientCredentialsRequest request) =>
        AccessTokenKey.LengthPrefixed([current.ServerId, current.ClientId])
        + new AccessTokenKey(request.Scopes ?? [], request.Resources).Key;

    /// <summary>Finds a token.</summary>
    /// <returns>The token; <see langword="null"/> if there is none that can be read.</returns>
    public async Task<AccessToken?> FindAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            byte[]? found = await RunWithTimeoutAsync(token => cache.GetAsync(CacheKey(key), token), cancellationToken)
                .ConfigureAwait(false);
            if (found is null or { Length: 0 or > MaximumLength })
                return null;
            var stored = GrantSerializer.DeserializeAccessToken(protection.Unprotect(services, found));
            // An entry that was written for another key belongs to another client or server.
            return string.Equals(stored?.Key, key, StringComparison.Ordinal) ? stored!.Value.Token : null;
        }
        catch (Exception exception)
        {
            Log.ClientTokenNotShared(logger, clientName, exception.GetType().Name);
            return null;
        }
    }

    /// <summary>Saves a token. The caller does not wait for it, and exceptions are logged.</summary>
    public async Task SetAsync(string key, AccessToken token, DateTimeOffset end, CancellationToken cancellationToken)
    {
        try
        {
            var lifetime = end - time.GetUtcNow();
            if (lifetime <= TimeSpan.Zero)
                return;
            byte[] content = protection.Protect(services, GrantSerializer.Serialize(key, token));
            await RunWithTimeoutAsync(
                    async timeoutToken =>
                    {
                        await cache
                            .SetAsync(CacheKey(key), content, new() { AbsoluteExpirationRelativeToNow = lifetime }, timeoutToken)
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

    // With the version of the format, so that entries of another version are not found.
    private static string CacheKey(string key) => "OAuthClient:1:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    // The operation runs on another thread, because a cache may block; and it is abandoned after the timeout, because a cache may ignore
    // its cancellation token.
    private async Task<T> RunWithTimeoutAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var token = linked.Token;
        var running = BackgroundWork.Run(() => operation(token));
        // After the timeout no caller observes the exception.
        _ = running.ContinueWith(
            static faulted => faulted.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return await running.WaitAsync(token).ConfigureAwait(false);
    }
}
