using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The authorization that a user granted, or that a client received for itself. Its codes and tokens refer to it.</summary>
internal sealed class IssuedGrant(
    TestClient client,
    TestUser? user,
    IReadOnlyList<string> scopes,
    IReadOnlyList<string> resources,
    DateTimeOffset authenticatedAt
)
{
    private volatile bool _revoked;
    private volatile IReadOnlyList<string> _scopes = scopes;

    public TestClient Client { get; } = client;

    /// <summary>Null for a grant by client credentials.</summary>
    public TestUser? User { get; } = user;

    public IReadOnlyList<string> Scopes => _scopes;

    public IReadOnlyList<string> Resources { get; } = resources;

    public DateTimeOffset AuthenticatedAt { get; } = authenticatedAt;

    /// <summary>The session identifier of the browser session; null if there is none.</summary>
    public string? SessionId { get; init; }

    /// <summary>The authentication context class, if the client requested one (OpenID Connect Core §2).</summary>
    public string? Acr { get; init; }

    /// <summary>The claims that the client requested; null if it requested none (OpenID Connect Core §5.5).</summary>
    public JsonObject? RequestedClaims { get; init; }

    /// <summary>The granted authorization details (RFC 9396 §7); null if there are none.</summary>
    public JsonArray? AuthorizationDetails { get; init; }

    public bool Revoked => _revoked;

    public void Narrow(IReadOnlyList<string> scopes) => _scopes = scopes;

    public void Revoke() => _revoked = true;
}
