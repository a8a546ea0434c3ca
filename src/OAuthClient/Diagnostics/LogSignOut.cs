using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>Sign-in, sign-out and revocation (4xx).</content>
internal static partial class Log
{
    [LoggerMessage(
        401,
        LogLevel.Information,
        "{Client} removed a grant and did not revoke it, because the server has no revocation endpoint. "
            + "Its tokens are valid until they expire. If the server has such an endpoint that its metadata does not state, set "
            + "RevocationEndpoint"
    )]
    public static partial void NoRevocationEndpoint(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        402,
        LogLevel.Warning,
        "{Client} signed a user out, but could not revoke the tokens at the server ({Fault}). They are "
            + "valid until they expire. If this repeats, check the revocation endpoint of the server"
    )]
    public static partial void NotRevoked(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        403,
        LogLevel.Warning,
        "{Client} signed a user out of this application only, because the metadata of the server cannot "
            + "be fetched ({Fault}). The session at the server continues. Check that this node can connect to the server"
    )]
    public static partial void SignedOutHereOnly(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(404, LogLevel.Information, "{Client} removed {Count} grants, because the server reported that their user signed out")]
    public static partial void SessionEnded(ILogger logger, ClientDisplayName client, int count);

    [LoggerMessage(
        405,
        LogLevel.Information,
        "{Client} revoked a refresh token. The server refused to revoke the access token too ({Fault}), which is valid "
            + "until it expires unless the server ended it with the refresh token"
    )]
    public static partial void AccessTokenNotRevoked(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(406, LogLevel.Information, "{Client} stored a new grant from {Origin}")]
    public static partial void GrantStored(ILogger logger, ClientDisplayName client, string origin);

    [LoggerMessage(407, LogLevel.Information, "{Client} removed {Count} grants of an owner at the application's request")]
    public static partial void GrantsRemoved(ILogger logger, ClientDisplayName client, int count);

    [LoggerMessage(
        408,
        LogLevel.Warning,
        "{Client} could not request the account of a new grant ({Fault}), so Grant.Account may be missing. Check the "
            + "UserInfo endpoint and the scopes that it requires, or do not set FetchAccount"
    )]
    public static partial void AccountNotFetched(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        409,
        LogLevel.Information,
        "{Client} began an authorization whose parameters {Parameters} are too long to be stored, so a reauthorization "
            + "from its grant does not repeat them. If the application calls ForReauthorization, set them there again"
    )]
    public static partial void ParametersNotRepeated(ILogger logger, ClientDisplayName client, string parameters);

    [LoggerMessage(
        411,
        LogLevel.Warning,
        "{Client} removed a superseded grant, but could not revoke it at the server ({Fault}). Its "
            + "tokens are valid until they expire. If this repeats, check the revocation endpoint of the server, or do not set "
            + "RevokeSupersededGrants"
    )]
    public static partial void SupersededGrantNotRevoked(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        412,
        LogLevel.Warning,
        "{Client} could not remove and revoke a superseded grant, because the grant store failed "
            + "({Fault}). The next authorization of the user retries it. If this repeats, check the grant store"
    )]
    public static partial void SupersededGrantNotRemoved(ILogger logger, ClientDisplayName client, string fault);
}
