using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>Token responses (35x).</content>
internal static partial class Log
{
    [LoggerMessage(
        351,
        LogLevel.Information,
        "The token responses for {Client} deviate from RFC 6749 §5.1: {Deviations}. They are used as far as they can "
            + "be read. Each deviation is logged once. Report it to the operator of the server"
    )]
    public static partial void TokenResponseDeviates(ILogger logger, ClientDisplayName client, string deviations);

    [LoggerMessage(
        352,
        LogLevel.Warning,
        "{Client} received no refresh token, although {Expectation}. The user must authorize again when the access "
            + "token expires. Check that the client's registration at the server allows refresh tokens, and what else the server requires, "
            + "for example a parameter in AuthorizationParameters or the user's consent"
    )]
    public static partial void NoRefreshToken(ILogger logger, ClientDisplayName client, string expectation);

    [LoggerMessage(
        353,
        LogLevel.Warning,
        "The server narrowed a grant of {Client} at a refresh, from {Before} to {After} scopes. The grant was updated; "
            + "where more is needed, the user must authorize again. Some servers narrow a grant when a refresh requests fewer scopes: if "
            + "this repeats, do not use WithScopes with this server"
    )]
    public static partial void GrantNarrowed(ILogger logger, ClientDisplayName client, int before, int after);

    [LoggerMessage(
        354,
        LogLevel.Warning,
        "The refresh token of a grant of {Client} expires at {ExpiresAt}, and the last refresh did not extend it. The "
            + "resource owner must authorize again before that time. This is logged once for a grant"
    )]
    public static partial void RefreshTokenExpiresSoon(ILogger logger, ClientDisplayName client, DateTimeOffset expiresAt);

    [LoggerMessage(
        355,
        LogLevel.Error,
        "A refresh of {Client} returned an ID Token of another user, server or client. Nothing of the response was "
            + "used, its tokens are revoked, and the grant was removed. Report this to the operator of the server: it mixes up its users"
    )]
    public static partial void OtherIdentityReceived(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        356,
        LogLevel.Warning,
        "{Client} could not revoke the tokens of a response that belongs to another user, server or client ({Fault}). "
            + "They are valid until they expire. Check the revocation endpoint of the server"
    )]
    public static partial void OtherIdentityNotRevoked(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        357,
        LogLevel.Information,
        "The server must interact with a user before it issues an access token to {Client}. The grant is kept, and its "
            + "other tokens are used"
    )]
    public static partial void InteractionRequired(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        358,
        LogLevel.Information,
        "{Client} received no refresh token, and requested openid without offline_access (OpenID Connect Core §11). The "
            + "user must authorize again when the access token expires. If the application uses access tokens for longer, add "
            + "offline_access to Scopes, or what this server requires in its place, such as a parameter in AuthorizationParameters. "
            + "This is logged once"
    )]
    public static partial void NoOfflineAccess(ILogger logger, ClientDisplayName client);
}
