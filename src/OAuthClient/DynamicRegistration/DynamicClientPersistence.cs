using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Applies the credentials of a dynamically registered client and saves them. They are in use at once, and kept in memory until the store
/// has them, so that a store failure loses nothing.
/// </summary>
internal sealed class DynamicClientPersistence(ClientConfigurationProvider configuration, IDynamicClientStore store, ILogger logger)
{
    private DynamicClient? unsaved;

    /// <summary>Gets whether the newest credentials are not in the store yet.</summary>
    public bool IsUnsaved => Volatile.Read(ref unsaved) is not null;

    /// <summary>Finds the newest credentials of this node or another, and applies them.</summary>
    public async Task<DynamicClient?> FindAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref unsaved) is { } pending && pending.Server == current.ServerId)
            return await SaveAsync(pending).ConfigureAwait(false);
        var stored = await store.FindAsync(current.Name, current.ServerId, cancellationToken).ConfigureAwait(false);
        // The store's result is checked, because one server's credentials must not be sent to another.
        if (stored is not null && (stored.Server != current.ServerId || stored.ClientName != current.Name))
            throw new OAuthException(
                $"The IDynamicClientStore returned another registration than that of {current.DisplayName} at "
                    + $"{current.ServerId}; it must compare both names character by character."
            );
        if (!IsSame(stored, current.Registered))
            configuration.SetCredentials(stored);
        return stored;
    }

    /// <summary>Applies the credentials and saves them in the store.</summary>
    /// <returns>The credentials in use: those of another node if it saved a client first.</returns>
    public async Task<DynamicClient> SaveAsync(DynamicClient newer)
    {
        Apply(newer);
        try
        {
            while (!await store.TryReplaceAsync(newer, CancellationToken.None).ConfigureAwait(false))
            {
                var stored = await store.FindAsync(newer.ClientName, newer.Server, CancellationToken.None).ConfigureAwait(false);
                // Another client is kept, because users' grants may belong to it. Of two responses about the same client the later one is
                // kept.
                if (stored is not null && (!IsSameClient(stored, newer) || stored.LastConfirmedAt > newer.LastConfirmedAt))
                {
                    newer = stored;
                    configuration.SetCredentials(stored);
                    break;
                }
                Apply(newer = newer.AfterGeneration(stored?.Generation ?? 0));
            }
            Volatile.Write(ref unsaved, null);
        }
        catch (Exception exception)
        {
            Log.ClientNotSaved(logger, newer.ClientName, exception.GetType().Name);
        }
        return newer;
    }

    public async Task RemoveAsync(DynamicClient client)
    {
        Volatile.Write(ref unsaved, null);
        configuration.SetCredentials(null);
        await store.RemoveAsync(client, CancellationToken.None).ConfigureAwait(false);
    }

    public static bool IsSame(DynamicClient? one, DynamicClient? other) =>
        one is null ? other is null : other is not null && IsSameClient(one, other) && one.Generation == other.Generation;

    private static bool IsSameClient(DynamicClient one, DynamicClient other) => one.ClientId == other.ClientId;

    private void Apply(DynamicClient newer)
    {
        Volatile.Write(ref unsaved, newer);
        configuration.SetCredentials(newer);
    }
}
