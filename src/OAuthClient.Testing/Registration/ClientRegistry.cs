using System.Collections.Concurrent;

namespace OAuthClient.Testing;

/// <summary>The clients that registered themselves, and the tokens by which they manage it (RFC 7592).</summary>
internal sealed class ClientRegistry
{
    private readonly ConcurrentDictionary<string, RegisteredClient> _clients = new(StringComparer.Ordinal);

    public void Set(RegisteredClient client) => _clients[client.Client.ClientId] = client;

    public void Remove(string clientId) => _clients.TryRemove(clientId, out _);

    /// <summary>The client, or null: whether the client or the token is unknown is nobody's business (RFC 7592 §2).</summary>
    public RegisteredClient? Find(string clientId, string accessToken) =>
        _clients.TryGetValue(clientId, out RegisteredClient? client) && Randomness.SameSecret(client.AccessToken, accessToken)
            ? client
            : null;
}
