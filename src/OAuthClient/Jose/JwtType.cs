namespace OAuthClient;

/// <summary>What a JWT is meant to be. One kind must not pass for another, though the same keys signed both (RFC 8725 §3.11, §3.12).</summary>
/// <param name="Name">How messages call it.</param>
/// <param name="Type">The <c>typ</c> that is its own, when it has one.</param>
/// <param name="TypeIsRequired">Whether its header must say so.</param>
internal sealed record JwtType(string Name, string? Type = null, bool TypeIsRequired = false)
{
    private const string MediaType = "application/";

    public static readonly JwtType IdToken = new("ID Token");
    public static readonly JwtType UserInfo = new("userinfo answer");

    /// <summary>OpenID Connect Back-Channel Logout §2.4 recommends the type; servers older than that send <c>JWT</c>, or nothing.</summary>
    public static readonly JwtType LogoutToken = new("logout token", "logout+jwt");

    /// <summary>OpenID Connect Core §5.6.2.</summary>
    public static readonly JwtType ClaimSourceResult = new("JWT of the claim source");

    /// <summary>RFC 9701 §5.</summary>
    public static readonly JwtType Introspection = new("introspection answer", "token-introspection+jwt", TypeIsRequired: true);

    /// <summary>Whether a header with this <c>typ</c> may be of this kind: whatever is explicitly typed (RFC 8725 §3.11) is only what it says.</summary>
    public bool Allows(string? type)
    {
        if (type?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) == true)
            type = type[MediaType.Length..];
        bool isOwn = Type is not null && string.Equals(type, Type, StringComparison.OrdinalIgnoreCase);
        return isOwn || (!TypeIsRequired && type?.EndsWith("+jwt", StringComparison.OrdinalIgnoreCase) != true);
    }
}
