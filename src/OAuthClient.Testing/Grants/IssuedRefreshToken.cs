namespace OAuthClient.Testing;

/// <summary>A refresh token that the server issued.</summary>
internal sealed class IssuedRefreshToken(IssuedGrant grant, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
{
    public string Value { get; } = Randomness.Token("rt");

    public IssuedGrant Grant { get; } = grant;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    /// <summary>The key or the certificate that a public client must use again (RFC 9449 §5, RFC 8705 §4); null for none.</summary>
    public Confirmation? Confirmation { get; init; }

    public DateTimeOffset? RedeemedAt { get; set; }
}
