using System.Collections.Concurrent;

namespace OAuthClient.Testing;

/// <summary>The session of a user who is signed in with one browser.</summary>
internal sealed class BrowserSession(TestUser user, DateTimeOffset authenticatedAt, string id)
{
    private readonly ConcurrentDictionary<(string ClientId, string Item), bool> _consents = new();
    private readonly ConcurrentDictionary<string, bool> _clients = new(StringComparer.Ordinal);

    public TestUser User { get; } = user;

    /// <summary>
    /// The session identifier for clients, <c>sid</c> (OpenID Connect Front-Channel Logout §3). It is not the value of the cookie.
    /// </summary>
    public string Id { get; } = id;

    public DateTimeOffset AuthenticatedAt { get; } = authenticatedAt;

    public bool HasConsented(ReceivedAuthorizationRequest request) =>
        Items(request, request.Scopes).All(item => _consents.ContainsKey((request.Client.ClientId, item)));

    public void Consent(ReceivedAuthorizationRequest request, IEnumerable<string> scopes)
    {
        foreach (string item in Items(request, scopes))
            _consents[(request.Client.ClientId, item)] = true;
    }

    /// <summary>The clients that received an ID Token in this session. They are notified when the session ends.</summary>
    public IEnumerable<string> ClientIds => _clients.Keys.Order(StringComparer.Ordinal);

    public void AddClient(TestClient client) => _clients[client.ClientId] = true;

    public void CopyFrom(BrowserSession previous)
    {
        foreach (var consent in previous._consents)
            _consents[consent.Key] = true;
        foreach (string clientId in previous._clients.Keys)
            _clients[clientId] = true;
    }

    public void ClearConsents() => _consents.Clear();

    private static IEnumerable<string> Items(ReceivedAuthorizationRequest request, IEnumerable<string> scopes) =>
        scopes.Concat(request.Resources).Concat((request.AuthorizationDetails ?? []).Select(one => one!.ToJsonString())).Prepend("");
}
