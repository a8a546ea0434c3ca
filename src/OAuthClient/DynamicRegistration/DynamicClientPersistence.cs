using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>The credentials of a client that registered itself: in use here first and in the store then, so that nothing the server gave is lost.</summary>
internal sealed class DynamicClientPersistence(ClientConfigurationProvider configuration, IDynamicClientStore store, ILogger logger)
{
    private DynamicClient? unsaved;

    /// <summary>Whether the store has not taken the newest.</summary>
    public bool IsUnsaved => Volatile.Read(ref unsaved) is not null;

    /// <summary>The newest that this node or another knows of; in use from now on.</summary>
    public async Task<DynamicClient?> FindAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (
            Volatile.Read(ref unsaved) is { } own
            && string.Equals(own.Server, current.ConfiguredMetadata.ServerId, StringComparison.Ordinal)
        )
            return await SaveAsync(own).ConfigureAwait(false);
        var stored = await store.FindAsync(current.Name, current.ConfiguredMetadata.ServerId, cancellationToken).ConfigureAwait(false);
        // Not only the store's word: what one server gave must not go to another.
        if (
            stored is not null
            && (
                !string.Equals(stored.Server, current.ConfiguredMetadata.ServerId, StringComparison.Ordinal)
                || !string.Equals(stored.ClientName, current.Name, StringComparison.Ordinal)
            )
        )
            throw new OAuthException(
                $"The IDynamicClientStore gave another registration than that of {current.DisplayName} at {current.ConfiguredMetadata.ServerId}; it must compare both names character by character."
            );
        if (!IsSame(stored, current.Registered))
            configuration.SetCredentials(stored);
        return stored;
    }

    /// <returns>The one that counts: another, when another node was quicker.</returns>
    public async Task<DynamicClient> SaveAsync(DynamicClient newer)
    {
        Use(newer);
        try
        {
            while (!await store.TryReplaceAsync(newer, CancellationToken.None).ConfigureAwait(false))
            {
                var stored = await store.FindAsync(newer.ClientName, newer.Server, CancellationToken.None).ConfigureAwait(false);
                // Of two clients the one that is kept already, for users' grants may belong to it; of two answers about the same one the later.
                if (stored is not null && (!IsSameClient(stored, newer) || stored.LastConfirmedAt > newer.LastConfirmedAt))
                {
                    newer = stored;
                    configuration.SetCredentials(stored);
                    break;
                }
                Use(newer = newer.AfterGeneration(stored?.Generation ?? 0));
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

    private static bool IsSameClient(DynamicClient one, DynamicClient other) =>
        string.Equals(one.ClientId, other.ClientId, StringComparison.Ordinal);

    private void Use(DynamicClient newer)
    {
        Volatile.Write(ref unsaved, newer);
        configuration.SetCredentials(newer);
    }
}
