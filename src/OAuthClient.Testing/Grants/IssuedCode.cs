namespace OAuthClient.Testing;

/// <summary>An authorization code that the server issued.</summary>
internal sealed class IssuedCode(IssuedGrant grant, ReceivedAuthorizationRequest request, DateTimeOffset expiresAt)
{
    public string Value { get; } = Randomness.Token("ac");

    public IssuedGrant Grant { get; } = grant;

    public ReceivedAuthorizationRequest Request { get; } = request;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public bool IsRedeemed { get; set; }
}
