namespace OAuthClient.Testing;

/// <summary>What a JWT is for.</summary>
internal enum IssuedJwtKind
{
    IdToken,
    UserInfo,
    Claims,
    Introspection,
    LogoutToken,
}
