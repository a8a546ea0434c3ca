namespace OAuthClient;

/// <summary>
/// Where the credentials of clients that registered themselves are kept, for each server. Register another implementation before
/// <c>AddOAuthClient</c> to replace the one in memory, with which every process registers a client of its own. All members may be
/// called at the same time from many threads and many processes. What is kept is secret: use <see cref="DynamicClient.Protect"/>.
/// </summary>
public interface IDynamicClientStore
{
    /// <summary>The client registered at a server; <see langword="null"/> when there is none.</summary>
    /// <param name="clientName">The registration's name in this application.</param>
    /// <param name="server">The authorization server, as <see cref="DynamicClient.Server"/> has it: compared character by character.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<DynamicClient?> FindAsync(string clientName, string server, CancellationToken cancellationToken);

    /// <summary>
    /// Compare and set: keeps it if the stored generation of the same name and server is exactly one less; one of generation 1 if
    /// nothing is stored.
    /// </summary>
    /// <param name="newer">The next generation.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it is kept; when not, nothing changed.</returns>
    ValueTask<bool> TryReplaceAsync(DynamicClient newer, CancellationToken cancellationToken);

    /// <summary>Forgets a client, whatever its generation, if it is still the same <see cref="DynamicClient.ClientId"/>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask RemoveAsync(DynamicClient client, CancellationToken cancellationToken);
}
