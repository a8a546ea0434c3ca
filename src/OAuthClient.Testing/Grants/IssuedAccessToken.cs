namespace OAuthClient.Testing;

internal sealed class IssuedAccessToken(
    IssuedGrant grant,
    IReadOnlyList<string> scopes,
    IReadOnlyList<string> resources,
    DateTimeOffset issuedAt,
    DateTimeOffset expiresAt
)
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
