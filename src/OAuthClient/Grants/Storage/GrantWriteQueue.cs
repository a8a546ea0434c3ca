using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Saves the results of refreshes. A result that the store failed to save stays in memory and is used from there. Saving is retried in the
/// background, at the next use and on shutdown: if a rotated refresh token were lost, the user would have to sign in again.
/// </summary>
internal sealed class GrantWriteQueue(IGrantStore store, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaximumRetryDelay = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, UnsavedResult> unsaved = new();
    private readonly CancellationTokenSource closing = new();
    private volatile bool hadAny;

    /// <summary>Gets the number of results that the store failed to save and that are not saved yet.</summary>
    public int UnsavedCount => unsaved.Count(entry => entry.Value.HasFailed);

    /// <summary>Applies the unsaved result of a refresh, if there is one, to a stored grant.</summary>
    /// <returns>The grant that readers use.</returns>
    public Grant ApplyPending(Grant stored) =>
        hadAny && unsaved.TryGetValue(stored.Id, out var result) && result.Replaced.Equals(stored.RefreshToken)
            ? result.ApplyTo(stored)
            : stored;

    /// <summary>
    /// Saves the unsaved result of a grant, if there is one, before its refresh token is sent. Throws what the store throws.
    /// </summary>
    /// <returns>The stored grant; <see langword="null"/> if it was removed.</returns>
    public async ValueTask<Grant?> FlushAsync(Grant seen)
    {
        if (!unsaved.TryGetValue(seen.Id, out var result))
            return seen;
        return await TrySaveAsync(result).ConfigureAwait(false);
    }

    /// <summary>Saves the result of a refresh. If the store fails, the result stays in memory and saving is retried.</summary>
    /// <param name="grant">The grant before the refresh.</param>
    /// <param name="replaced">The refresh token that was sent.</param>
    /// <param name="change">Applies the result to the grant that is stored at that time.</param>
    /// <returns><see langword="false"/> if the grant was removed; otherwise, <see langword="true"/>.</returns>
    public async Task<bool> SaveAsync(Grant grant, RefreshToken replaced, Func<Grant, Grant> change)
    {
        var result = new UnsavedResult(grant, replaced, change);
        unsaved[grant.Id] = result;
        hadAny = true;
        try
        {
            return await TrySaveAsync(result).ConfigureAwait(false) is not null;
        }
        catch (Exception exception)
        {
            result.HasFailed = true;
            Log.GrantNotSaved(logger, grant.ClientName, exception.GetType().Name);
            _ = BackgroundWork.RunIsolated(result, FlushUntilSavedAsync);
            return true;
        }
    }

    public void Discard(Grant grant) => unsaved.TryRemove(grant.Id, out _);

    /// <summary>Stops the retries and tries once more to save each unsaved result.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        foreach (var result in unsaved.Values)
        {
            try
            {
                await TrySaveAsync(result).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Log.GrantLostWithProcess(logger, result.Grant.ClientName, exception.GetType().Name);
            }
        }
    }

    private async Task FlushUntilSavedAsync(UnsavedResult result)
    {
        ExponentialBackoff backoff = new(FirstRetryDelay, MaximumRetryDelay);
        while (unsaved.TryGetValue(result.Grant.Id, out var newest) && ReferenceEquals(newest, result))
        {
            try
            {
                await Task.Delay(backoff.Next(), time, closing.Token).ConfigureAwait(false);
                await TrySaveAsync(result).ConfigureAwait(false);
            }
            catch (Exception)
            {
                if (closing.IsCancellationRequested)
                    return;
            }
        }
    }

    /// <returns>The stored grant; <see langword="null"/> if it does not exist.</returns>
    private async Task<Grant?> TrySaveAsync(UnsavedResult result)
    {
        Grant? stored = result.Grant;
        // Another refresh may have stored its result: its refresh token is newer and is not replaced. A store that lost writes (a standby
        // that took over) holds an older generation, whose refresh token was already used.
        while (
            stored is not null
            && (result.Replaced.Equals(stored.RefreshToken) || stored.Generation < result.Grant.Generation)
            && !result.IsSaved
        )
        {
            var newer = result.ApplyTo(stored);
            if (await store.TryReplaceAsync(newer, CancellationToken.None).ConfigureAwait(false))
            {
                result.IsSaved = true;
                stored = newer;
                break;
            }
            long rejected = stored.Generation;
            stored = await FindStoredAsync(stored).ConfigureAwait(false);
            if (stored?.Generation == rejected)
                throw new InvalidOperationException(
                    "The grant store did not replace a grant, although FindAsync returns the preceding generation. TryReplaceAsync must "
                        + "replace a grant whose stored generation is exactly one less."
                );
        }
        if (unsaved.TryRemove(new(result.Grant.Id, result)) && result.HasFailed)
            Log.GrantSavedAfterAll(logger, result.Grant.ClientName);
        return stored;
    }

    private async ValueTask<Grant?> FindStoredAsync(Grant grant)
    {
        var all = await store.FindAsync(grant.ClientName, grant.Owner, CancellationToken.None).ConfigureAwait(false);
        return all.FirstOrDefault(stored => stored.Id == grant.Id);
    }

    private sealed class UnsavedResult(Grant grant, RefreshToken replaced, Func<Grant, Grant> change)
    {
        public Grant Grant => grant;
        public RefreshToken Replaced => replaced;
        public bool IsSaved { get; set; }
        public bool HasFailed { get; set; }

        public Grant ApplyTo(Grant stored) => change(stored).AfterGeneration(stored.Generation);
    }
}
