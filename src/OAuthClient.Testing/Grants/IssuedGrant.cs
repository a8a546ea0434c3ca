namespace OAuthClient.Testing;

/// <summary>What one user, or a client for itself, allowed: the family that all its codes and tokens belong to.</summary>
internal sealed class IssuedGrant(TestClient client, TestUser? user, IReadOnlyList<string> scopes, IReadOnlyList<string> resources, DateTimeOffset authenticatedAt)
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

internal sealed class IssuedCode(IssuedGrant grant, ReceivedAuthorizationRequest request, DateTimeOffset expiresAt)
{
    public string Value { get; } = Randomness.Token("ac");

    public IssuedGrant Grant { get; } = grant;

    public ReceivedAuthorizationRequest Request { get; } = request;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public bool Spent { get; set; }
}

internal sealed class IssuedRefreshToken(IssuedGrant grant, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
{
    public string Value { get; } = Randomness.Token("rt");

    public IssuedGrant Grant { get; } = grant;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public DateTimeOffset? SpentAt { get; set; }
}

internal sealed class IssuedAccessToken(
    IssuedGrant grant, IReadOnlyList<string> scopes, IReadOnlyList<string> resources, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
{
    private volatile bool _dead;

    public string Value { get; } = Randomness.Token("at");

    public IssuedGrant Grant { get; } = grant;

    public IReadOnlyList<string> Scopes { get; } = scopes;

    public IReadOnlyList<string> Resources { get; } = resources;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public void Kill() => _dead = true;

    public bool IsValid(DateTimeOffset now) => !_dead && !Grant.Revoked && now < ExpiresAt;
}
