using System.Collections.Concurrent;

namespace OAuthClient.Testing;

/// <summary>One browser in which a user is signed in.</summary>
internal sealed class BrowserSession(TestUser user, DateTimeOffset authenticatedAt, string id)
{
    private readonly ConcurrentDictionary<(string ClientId, string What), bool> _consents = new();
    private readonly ConcurrentDictionary<string, bool> _clients = new(StringComparer.Ordinal);

    public TestUser User { get; } = user;

    /// <summary>What clients get as <c>sid</c> (OpenID Connect Front-Channel Logout §3); not the cookie.</summary>
    public string Id { get; } = id;

    public DateTimeOffset AuthenticatedAt { get; } = authenticatedAt;

    public bool HasConsented(ReceivedAuthorizationRequest request) =>
        request.Scopes.Concat(request.Resources).Prepend("").All(what => _consents.ContainsKey((request.Client.ClientId, what)));

    public void Consent(ReceivedAuthorizationRequest request, IEnumerable<string> scopes)
    {
        foreach (string what in scopes.Concat(request.Resources).Prepend(""))
            _consents[(request.Client.ClientId, what)] = true;
    }

    /// <summary>The clients that know the user by this session, and are to be told when it is over.</summary>
    public IEnumerable<string> ClientIds => _clients.Keys.Order(StringComparer.Ordinal);

    public void Enter(TestClient client) => _clients[client.ClientId] = true;

    public void Continue(BrowserSession old)
    {
        foreach (var consent in old._consents)
            _consents[consent.Key] = true;
        foreach (string clientId in old._clients.Keys)
            _clients[clientId] = true;
    }

    public void ForgetConsents() => _consents.Clear();
}
