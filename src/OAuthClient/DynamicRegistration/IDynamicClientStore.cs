namespace OAuthClient;

/// <summary>
/// Stores the credentials of dynamically registered clients, for each server. The default implementation keeps them in memory, so each
/// process registers a client of its own; register another implementation before <c>AddOAuthClient</c> to replace it.
/// </summary>
/// <remarks>
/// All members may be called concurrently from many threads and processes. The credentials are secret: serialize them with
/// <see cref="DynamicClient.Protect"/>.
/// </remarks>
public interface IDynamicClientStore
{
    /// <summary>Finds the client that is registered at a server.</summary>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; the comparison is ordinal.</param>
    /// <param name="server">The authorization server, as in <see cref="DynamicClient.Server"/>; the comparison is ordinal.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The client; <see langword="null"/> if there is none.</returns>
    ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the next generation of a client (compare-and-set): only if the stored generation for the same name and server is exactly one
    /// less. Generation 1 is stored only if nothing is stored.
    /// </summary>
    /// <param name="newer">The next generation of the client.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns><see langword="true"/> if the client was stored; <see langword="false"/> if the store is unchanged.</returns>
    ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a client of any generation, if the stored client has the same <see cref="DynamicClient.ClientId"/>.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the client is removed.</returns>
    ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken);
}
