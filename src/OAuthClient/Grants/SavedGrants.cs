using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Grants in the store, and those that a failing store would not take: they stay in memory, and are offered again at every
/// look. A refresh token that was rotated and not kept would be a user's login lost.
/// </summary>
internal sealed class SavedGrants(IGrantStore store, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Unsaved> unsaved = new(StringComparer.Ordinal);

    /// <summary>The newest state of a grant; <see langword="null"/> when it was ended or replaced.</summary>
    public async ValueTask<Grant?> NewestAsync(Grant grant)
    {
        var stored = await StoredAsync(grant).ConfigureAwait(false);
        if (!unsaved.TryGetValue(grant.Id, out var kept))
            return stored;
        if (stored is null || !kept.Spent.Equals(stored.RefreshToken))
        {
            unsaved.TryRemove(grant.Id, out _);
            return stored;
        }
        var newer = kept.On(stored);
        try
        {
            if (await store.TryReplaceAsync(newer, CancellationToken.None).ConfigureAwait(false))
                unsaved.TryRemove(grant.Id, out _);
        }
        catch (Exception exception)
        {
            Log.GrantNotSaved(logger, grant.ClientName, exception.GetType().Name);
        }
        return newer;
    }

    /// <param name="grant">What was changed.</param>
    /// <param name="spent">The refresh token that was spent for the change.</param>
    /// <param name="change">Applies the change to whatever state is stored by now.</param>
    /// <returns>Whether there still was a grant to save it to.</returns>
    public async Task<bool> SaveAsync(Grant grant, RefreshToken spent, Func<Grant, Grant> change)
    {
        // On top of what could not be saved before, if anything: the store is that much further behind.
        var older = unsaved.GetValueOrDefault(grant.Id);
        var pending = older is null ? new Unsaved(spent, change) : new Unsaved(older.Spent, stored => change(older.Change(stored)));
        unsaved[grant.Id] = pending;
        try
        {
            var stored = older is null ? grant : await StoredAsync(grant).ConfigureAwait(false);
            // Someone may have stored the outcome of another refresh: its refresh token is the newer one, and stays.
            while (stored is not null && pending.Spent.Equals(stored.RefreshToken))
            {
                if (await store.TryReplaceAsync(pending.On(stored), CancellationToken.None).ConfigureAwait(false))
                    break;
                long refused = stored.Generation;
                stored = await StoredAsync(grant).ConfigureAwait(false);
                if (stored?.Generation == refused)
                    throw new InvalidOperationException("The store refuses the next generation of what it says it holds.");
            }
            Forget(grant);
            return stored is not null;
        }
        catch (Exception exception)
        {
            Log.GrantNotSaved(logger, grant.ClientName, exception.GetType().Name);
            return true;
        }
    }

    public void Forget(Grant grant) => unsaved.TryRemove(grant.Id, out _);

    private async ValueTask<Grant?> StoredAsync(Grant grant)
    {
        var all = await store.FindAsync(grant.ClientName, grant.Owner, CancellationToken.None).ConfigureAwait(false);
        return all.FirstOrDefault(stored => string.Equals(stored.Id, grant.Id, StringComparison.Ordinal));
    }

    /// <param name="Spent">The refresh token the store still holds.</param>
    /// <param name="Change">All that happened since.</param>
    private sealed record Unsaved(RefreshToken Spent, Func<Grant, Grant> Change)
    {
        // However much happened, to the store it is one step.
        public Grant On(Grant stored) => Change(stored).AfterGeneration(stored.Generation);
    }
}
