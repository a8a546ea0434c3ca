namespace OAuthClient.Testing;

/// <summary>The purpose of a JWT that the server issues.</summary>
internal enum IssuedJwtKind
{
    IdToken,
    UserInfo,
    Claims,
    Introspection,
    LogoutToken,
    AuthorizationResponse,
}
