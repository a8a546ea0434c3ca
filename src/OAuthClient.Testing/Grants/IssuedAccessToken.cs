namespace OAuthClient.Testing;

/// <summary>An access token that the server issued.</summary>
internal sealed class IssuedAccessToken(
    IssuedGrant grant,
    IReadOnlyList<string> scopes,
    IReadOnlyList<string> resources,
    DateTimeOffset issuedAt,
    DateTimeOffset expiresAt
)
{
    private volatile bool _isInvalidated;

    public string Value { get; } = Randomness.Token("at");

    public IssuedGrant Grant { get; } = grant;

    public IReadOnlyList<string> Scopes { get; } = scopes;

    public IReadOnlyList<string> Resources { get; } = resources;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    /// <summary>The thumbprint of the key that the token is bound to (RFC 9449 §6); null for a bearer token.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>Invalidates this token; the grant stays valid.</summary>
    public void Invalidate() => _isInvalidated = true;

    public bool IsValid(DateTimeOffset now) => !_isInvalidated && !Grant.Revoked && now < ExpiresAt;
}
