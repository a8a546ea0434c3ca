namespace OAuthClient.Testing;

/// <summary>What one user, or a client for itself, allowed: the family that all its codes and tokens belong to.</summary>
internal sealed class IssuedGrant(
    TestClient client,
    TestUser? user,
    IReadOnlyList<string> scopes,
    IReadOnlyList<string> resources,
    DateTimeOffset authenticatedAt
)
{
    private volatile bool _revoked;

    public TestClient Client { get; } = client;

    /// <summary>Null when the client acts for itself.</summary>
    public TestUser? User { get; } = user;

    public IReadOnlyList<string> Scopes { get; } = scopes;

    public IReadOnlyList<string> Resources { get; } = resources;

    public DateTimeOffset AuthenticatedAt { get; } = authenticatedAt;

    /// <summary>The browser session it came from, as clients know it; null when there was none.</summary>
    public string? SessionId { get; init; }

    /// <summary>How the user was authenticated, when the client asked (OpenID Connect Core §2).</summary>
    public string? Acr { get; init; }

    public bool Revoked => _revoked;

    public void Revoke() => _revoked = true;
}
