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
    DPoPKeyProvider keys,
    TimeProvider time,
    ILogger logger
)
{
    // Longer than a nearby cache needs, and no longer than a token request takes.
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);
    private const int MaximumLength = 64 * 1024;

    /// <summary>Finds a token that is fresh, and newer than the one that an API rejected.</summary>
    /// <returns>The token; <see langword="null"/> if there is none that can be read.</returns>
    public async Task<AccessToken?> FindAsync(ClientCredentialsRequest request, ClientConfiguration current, AccessToken? rejected)
    {
        string key = Key(request, current);
        try
        {
            byte[]? found = await RunWithTimeoutAsync(token => cache.GetAsync(CacheKey(key), token)).ConfigureAwait(false);
            if (found is null or { Length: 0 or > MaximumLength })
                return null;
            // An entry that was written for another key belongs to another client or server.
            return
                GrantSerializer.DeserializeAccessToken(protection.Unprotect(services, found)) is (string storedKey, AccessToken token)
                && storedKey == key
                && !(token.IssuedAt <= rejected?.IssuedAt)
                && !token.Equals(rejected)
                && keys.Accepts(token.Key, current)
                && AccessTokenExpiry.StateAt(token, renewable: true, current.DefaultAccessTokenLifetime, time.GetUtcNow())
                    == AccessTokenState.Fresh
                ? token
                : null;
        }
        catch (Exception exception)
        {
            Log.ClientTokenNotShared(logger, clientName, exception.GetType().Name);
            return null;
        }
    }

    /// <summary>Saves a token. The caller does not wait for it, and exceptions are logged.</summary>
    public async Task SetAsync(ClientCredentialsRequest request, ClientConfiguration current, AccessToken token)
    {
        string key = Key(request, current);
        try
        {
            var lifetime = AccessTokenExpiry.EndOf(token, current.DefaultAccessTokenLifetime) - time.GetUtcNow();
            if (lifetime <= TimeSpan.Zero)
                return;
            byte[] content = protection.Protect(services, GrantSerializer.Serialize(key, token));
            DistributedCacheEntryOptions options = new() { AbsoluteExpirationRelativeToNow = lifetime };
            await RunWithTimeoutAsync(async timeout =>
                {
                    await cache.SetAsync(CacheKey(key), content, options, timeout).ConfigureAwait(false);
                    return content;
                })
                .ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.ClientTokenNotShared(logger, clientName, exception.GetType().Name);
        }
    }

    // Server, client, scopes, resources and authorization details, length-prefixed so that different values have different keys.
    private static string Key(ClientCredentialsRequest request, ClientConfiguration current) =>
        AccessTokenKey.LengthPrefixed([current.ServerId, current.ClientId])
        + new AccessTokenKey(request.Scopes ?? [], request.Resources, details: request.AuthorizationDetails).Key
        + (
            current.TokenParameters.Count == 0
                ? ""
                : AccessTokenKey.LengthPrefixed([.. current.TokenParameters.Select(p => $"{p.Key}={p.Value}")])
        );

    // With the version of the format, so that entries of another version are not found.
    private static string CacheKey(string key) => "OAuthClient:1:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    // The operation runs on another thread, because a cache may block; and it is abandoned after the timeout, because a cache may ignore
    // its cancellation token.
    private async Task<byte[]?> RunWithTimeoutAsync(Func<CancellationToken, Task<byte[]?>> operation)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        var token = timeout.Token;
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
