namespace OAuthClient.Testing;

/// <summary>What a JWT is for.</summary>
internal enum JwtKind
{
    IdToken,
    UserInfo,
    Claims,
    Introspection,
    LogoutToken,
}
