using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Results of refreshes on their way to the store. What a failing store would not take stays in memory, serves from there, and is
/// offered again in the background, at the next use and on shutdown: a refresh token that was rotated and not kept would be a
/// user's login lost.
/// </summary>
internal sealed class GrantWriteQueue(IGrantStore store, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Unsaved> unsaved = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource closing = new();
    private volatile bool hadAny;

    /// <summary>How many results the store has refused, and has not taken since.</summary>
    public int UnsavedCount => unsaved.Count(one => one.Value.IsRefused);

    /// <summary>What a reader should see for what the store holds: the result that the store has not taken yet, if there is one.</summary>
    public Grant ApplyPending(Grant stored) =>
        hadAny && unsaved.TryGetValue(stored.Id, out var kept) && kept.Spent.Equals(stored.RefreshToken) ? kept.On(stored) : stored;

    /// <summary>Sees to it that the store is up to date before anything is spent.</summary>
    /// <returns>The stored grant; <see langword="null"/> when it was ended or replaced. Whatever the store throws.</returns>
    public async ValueTask<Grant?> FlushAsync(Grant seen)
    {
        if (!unsaved.TryGetValue(seen.Id, out var kept))
            return seen;
        return await TrySaveAsync(kept).ConfigureAwait(false);
    }

    /// <param name="grant">What was changed.</param>
    /// <param name="spent">The refresh token that was spent for the change.</param>
    /// <param name="change">Applies the change to whatever state is stored by now.</param>
    /// <returns>Whether there still was a grant to save it to.</returns>
    public async Task<bool> SaveAsync(Grant grant, RefreshToken spent, Func<Grant, Grant> change)
    {
        var result = new Unsaved(grant, spent, change);
        unsaved[grant.Id] = result;
        hadAny = true;
        try
        {
            return await TrySaveAsync(result).ConfigureAwait(false) is not null;
        }
        catch (Exception exception)
        {
            result.IsRefused = true;
            Log.GrantNotSaved(logger, grant.ClientName, exception.GetType().Name);
            _ = BackgroundWork.RunIsolated(result, FlushUntilSavedAsync);
            return true;
        }
    }

    public void Discard(Grant grant) => unsaved.TryRemove(grant.Id, out _);

    /// <summary>The last chance to save what the store would not take.</summary>
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

    private async Task FlushUntilSavedAsync(Unsaved result)
    {
        var pause = FirstPause;
        while (unsaved.TryGetValue(result.Grant.Id, out var newest) && ReferenceEquals(newest, result))
        {
            try
            {
                await Task.Delay(pause, time, closing.Token).ConfigureAwait(false);
                await TrySaveAsync(result).ConfigureAwait(false);
            }
            catch (Exception) when (!closing.IsCancellationRequested)
            {
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (Exception)
            {
                return;
            }
        }
    }

    /// <returns>What is stored now; <see langword="null"/> when there is no such grant any more.</returns>
    private async Task<Grant?> TrySaveAsync(Unsaved result)
    {
        Grant? stored = result.Grant;
        // Someone may have stored the outcome of another refresh: its refresh token is the newer one, and stays. But a store that
        // went back (a standby that had not heard of everything) holds an older one, which is spent.
        while (
            stored is not null
            && (result.Spent.Equals(stored.RefreshToken) || stored.Generation < result.Grant.Generation)
            && !result.IsSaved
        )
        {
            var newer = result.On(stored);
            if (await store.TryReplaceAsync(newer, CancellationToken.None).ConfigureAwait(false))
            {
                result.IsSaved = true;
                stored = newer;
                break;
            }
            long refused = stored.Generation;
            stored = await StoredAsync(stored).ConfigureAwait(false);
            if (stored?.Generation == refused)
                throw new InvalidOperationException("The store refuses the next generation of what it says it holds.");
        }
        if (unsaved.TryRemove(new(result.Grant.Id, result)) && result.IsRefused)
            Log.GrantSavedAfterAll(logger, result.Grant.ClientName);
        return stored;
    }

    private async ValueTask<Grant?> StoredAsync(Grant grant)
    {
        var all = await store.FindAsync(grant.ClientName, grant.Owner, CancellationToken.None).ConfigureAwait(false);
        return all.FirstOrDefault(stored => string.Equals(stored.Id, grant.Id, StringComparison.Ordinal));
    }

    /// <param name="grant">What it was made from.</param>
    /// <param name="spent">The refresh token the store still holds.</param>
    /// <param name="change">What the refresh changes.</param>
    private sealed class Unsaved(Grant grant, RefreshToken spent, Func<Grant, Grant> change)
    {
        public Grant Grant => grant;
        public RefreshToken Spent => spent;
        public bool IsSaved { get; set; }
        public bool IsRefused { get; set; }

        public Grant On(Grant stored) => change(stored).AfterGeneration(stored.Generation);
    }
}
