using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>Refresh and storage (3xx).</content>
internal static partial class Log
{
    [LoggerMessage(301, LogLevel.Debug, "{Client} has a new access token from {Source}")]
    public static partial void Refreshed(ILogger logger, ClientDisplayName client, string source);

    [LoggerMessage(
        302,
        LogLevel.Warning,
        "{Client} could not refresh an access token before it expires ({Fault}). The current token is "
            + "used until it expires, and the refresh is retried. If this repeats, check that the token endpoint is available"
    )]
    public static partial void EarlyRefreshFailed(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        303,
        LogLevel.Information,
        "{Client} sent a refresh token and received no response ({Fault}). It sends the refresh token "
            + "once more. If the server has rotated the refresh token and has no grace period, the grant is lost. If this "
            + "repeats, check the network, and turn on a grace period at the server"
    )]
    public static partial void PresentedWithoutAnswer(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        304,
        LogLevel.Warning,
        "{Client} lost a grant: the server rejected its refresh token. The resource owner must "
            + "authorize again. If this repeats, check at the server how long refresh tokens are valid and what revokes them"
    )]
    public static partial void GrantLost(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        305,
        LogLevel.Warning,
        "{Client} discarded the ID Token of a refresh, because it could not be validated ({Reason}). The "
            + "other tokens of the response are used. This is logged once for a grant. If it concerns many grants, check that the keys "
            + "of the server (jwks_uri) can be fetched and that the clocks of both machines agree"
    )]
    public static partial void RefreshedIdTokenDropped(ILogger logger, ClientDisplayName client, string reason);

    [LoggerMessage(311, LogLevel.Debug, "{Client} waits for another node that refreshes the same grant")]
    public static partial void LeaseAwaited(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        312,
        LogLevel.Warning,
        "{Client} could not release the lease of a refresh ({Fault}). Other nodes wait until the lease "
            + "expires. If this repeats, check the grant store"
    )]
    public static partial void LeaseNotEnded(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        321,
        LogLevel.Error,
        "{Client} could not save a refreshed grant ({Fault}). The grant is kept in memory, and saving "
            + "is retried until it succeeds. Check the grant store, and do not stop this process before the grant is saved"
    )]
    public static partial void GrantNotSaved(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(322, LogLevel.Information, "{Client} saved a refreshed grant that it could not save before")]
    public static partial void GrantSavedAfterAll(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        323,
        LogLevel.Error,
        "{Client} could not save a refreshed grant before the process stopped ({Fault}). If the server "
            + "rotates refresh tokens, the grant is lost and the resource owner must authorize again. Check the grant store"
    )]
    public static partial void GrantLostWithProcess(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        324,
        LogLevel.Warning,
        "The grant store could not be read ({Fault}). Cached access tokens are used for at most one minute; sign-in checks fail. Check "
            + "that this process can reach the database of the grant store, and that the database accepts connections"
    )]
    public static partial void GrantsNotRead(ILogger logger, string fault);

    [LoggerMessage(
        331,
        LogLevel.Warning,
        "{Client} could not read or write its access token in the distributed cache ({Fault}). Each "
            + "node requests its own token. Check the cache, and that all nodes use the same keys to protect the token"
    )]
    public static partial void ClientTokenNotShared(ILogger logger, ClientDisplayName client, string fault);
}
