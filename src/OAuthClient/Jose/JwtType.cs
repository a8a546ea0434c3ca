namespace OAuthClient;

/// <summary>
/// The purpose of a JWT. A JWT of one type must not be accepted as another, although the same keys sign both (RFC 8725 §3.11, §3.12).
/// </summary>
/// <param name="Name">The name in messages.</param>
/// <param name="Type">The value of <c>typ</c> for this type, or <see langword="null"/> when there is none.</param>
/// <param name="TypeIsRequired">Whether the header must contain <paramref name="Type"/>.</param>
/// <param name="AlgorithmOption">The option that lists the accepted algorithms.</param>
internal sealed record JwtType(
    string Name,
    string? Type = null,
    bool TypeIsRequired = false,
    string AlgorithmOption = "IdTokenSigningAlgorithms"
)
{
    private const string MediaType = "application/";

    public static readonly JwtType IdToken = new("ID Token");
    public static readonly JwtType UserInfo = new("userinfo response", AlgorithmOption: "UserInfoSigningAlgorithms");

    /// <summary>OpenID Connect Back-Channel Logout §2.4 recommends the type; older servers send <c>JWT</c> or no type.</summary>
    public static readonly JwtType LogoutToken = new("logout token", "logout+jwt", AlgorithmOption: "LogoutTokenSigningAlgorithms");

    /// <summary>A signed authorization response (JWT Secured Authorization Response Mode §2.1), which has no type of its own.</summary>
    public static readonly JwtType AuthorizationResponse = new("authorization response");

    /// <summary>Aggregated or distributed claims (OpenID Connect Core §5.6.2).</summary>
    public static readonly JwtType ClaimSourceResult = new("JWT of the claim source");

    /// <summary>A signed introspection response (RFC 9701 §5).</summary>
    public static readonly JwtType Introspection = new(
        "introspection response",
        "token-introspection+jwt",
        TypeIsRequired: true,
        AlgorithmOption: "IntrospectionSigningAlgorithms"
    );

    /// <summary>
    /// Determines whether a header with this <c>typ</c> is accepted. An explicit type (RFC 8725 §3.11) must match exactly.
    /// </summary>
    public bool Allows(string? type)
    {
        if (type?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) == true)
            type = type[MediaType.Length..];
        bool isOwn = Type is not null && string.Equals(type, Type, StringComparison.OrdinalIgnoreCase);
        return isOwn || (!TypeIsRequired && type?.EndsWith("+jwt", StringComparison.OrdinalIgnoreCase) != true);
    }
}
