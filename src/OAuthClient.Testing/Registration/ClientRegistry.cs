using System.Collections.Concurrent;

namespace OAuthClient.Testing;

/// <summary>The dynamically registered clients with their registration access tokens (RFC 7592).</summary>
internal sealed class ClientRegistry
{
    private readonly ConcurrentDictionary<string, RegisteredClient> _clients = new(StringComparer.Ordinal);

    public void Set(RegisteredClient client) => _clients[client.Client.ClientId] = client;

    public void Remove(string clientId) => _clients.TryRemove(clientId, out _);

    /// <summary>
    /// Returns the client, or null if the client or the token is unknown. The result does not reveal which (RFC 7592 §2).
    /// </summary>
    public RegisteredClient? Find(string clientId, string accessToken) =>
        _clients.TryGetValue(clientId, out RegisteredClient? client) && Randomness.SameSecret(client.AccessToken, accessToken)
            ? client
            : null;
}
