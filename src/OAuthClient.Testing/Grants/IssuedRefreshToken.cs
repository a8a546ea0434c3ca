namespace OAuthClient.Testing;

/// <summary>A refresh token that the server issued.</summary>
internal sealed class IssuedRefreshToken(IssuedGrant grant, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
{
    public string Value { get; } = Randomness.Token("rt");

    public IssuedGrant Grant { get; } = grant;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    /// <summary>The thumbprint of the key that a public client must prove (RFC 9449 §5); null for none.</summary>
    public string? Thumbprint { get; init; }

    public DateTimeOffset? RedeemedAt { get; set; }
}
