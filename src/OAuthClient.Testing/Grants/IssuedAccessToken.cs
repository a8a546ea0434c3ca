using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>An access token that the server issued.</summary>
internal sealed class IssuedAccessToken(
    IssuedGrant grant,
    IReadOnlyList<string> scopes,
    IReadOnlyList<string> resources,
    JsonArray? authorizationDetails,
    DateTimeOffset issuedAt,
    DateTimeOffset expiresAt
)
{
    private volatile bool _isInvalidated;

    public string Value { get; } = Randomness.Token("at");

    public IssuedGrant Grant { get; } = grant;

    public IReadOnlyList<string> Scopes { get; } = scopes;

    public IReadOnlyList<string> Resources { get; } = resources;

    /// <summary>The authorization details of the token (RFC 9396 §7); null if there are none.</summary>
    public JsonArray? AuthorizationDetails { get; } = authorizationDetails;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    /// <summary>The key or the certificate that the token is bound to; null for none.</summary>
    public Confirmation? Confirmation { get; init; }

    /// <summary>The token type (RFC 6749 §7.1). A token that is bound to a certificate is a bearer token (RFC 8705 §3).</summary>
    public string TokenType => Confirmation is { IsKey: true } ? "DPoP" : "Bearer";

    /// <summary>Invalidates this token; the grant stays valid.</summary>
    public void Invalidate() => _isInvalidated = true;

    public bool IsValid(DateTimeOffset now) => !_isInvalidated && !Grant.Revoked && now < ExpiresAt;
}
