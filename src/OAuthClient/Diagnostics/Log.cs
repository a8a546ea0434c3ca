using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>What the library logs, under the category <c>OAuthClient</c>. No message takes a token, a code, a secret or a server's text.</summary>
internal static partial class Log
{
    public const string Category = "OAuthClient";

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "OAuth client '{ClientName}' allows plain http to a server on this machine (DangerouslyAllowHttpOnLoopback); not for production"
    )]
    public static partial void HttpOnLoopbackAllowed(ILogger logger, string clientName);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "OAuth client '{ClientName}' could not refresh an access token ahead of its end ({Fault}); it tries again while the token lives"
    )]
    public static partial void EarlyRefreshFailed(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        3,
        LogLevel.Warning,
        "OAuth client '{ClientName}' lost a grant: the server no longer honours its refresh token. The resource owner must authorize again"
    )]
    public static partial void GrantLost(ILogger logger, string clientName);

    [LoggerMessage(
        4,
        LogLevel.Information,
        "OAuth client '{ClientName}' forgot a grant; the server offers no revocation endpoint, so its tokens live there until they expire"
    )]
    public static partial void NoRevocationEndpoint(ILogger logger, string clientName);

    [LoggerMessage(
        5,
        LogLevel.Error,
        "OAuth client '{ClientName}' could not save a refreshed grant ({Fault}); it is kept in memory and offered to the store again until the store takes it"
    )]
    public static partial void GrantNotSaved(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        7,
        LogLevel.Warning,
        "OAuth client '{ClientName}' could not tell the store that it is done with a refresh ({Fault}); other nodes wait until the lease runs out"
    )]
    public static partial void LeaseNotEnded(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        8,
        LogLevel.Error,
        "OAuth client '{ClientName}' ends with a refreshed grant that the store did not take ({Fault}): with a server that rotates refresh tokens it is lost"
    )]
    public static partial void GrantLostWithProcess(ILogger logger, string clientName, string fault);

    [LoggerMessage(9, LogLevel.Debug, "OAuth client '{ClientName}' waits for another node, which refreshes the same grant")]
    public static partial void LeaseAwaited(ILogger logger, string clientName);

    [LoggerMessage(
        10,
        LogLevel.Information,
        "OAuth client '{ClientName}' presented a refresh token and heard no answer to it ({Fault}). It is presented once more, and no more than that; if the server has replaced it and allows no grace period, the grant is lost"
    )]
    public static partial void PresentedWithoutAnswer(ILogger logger, string clientName, string fault);

    [LoggerMessage(11, LogLevel.Debug, "OAuth client '{ClientName}' has a new access token, by {Source}")]
    public static partial void Refreshed(ILogger logger, string clientName, string source);

    [LoggerMessage(12, LogLevel.Information, "OAuth client '{ClientName}' saved a refreshed grant that the store had not taken before")]
    public static partial void GrantSavedAfterAll(ILogger logger, string clientName);

    [LoggerMessage(
        13,
        LogLevel.Warning,
        "OAuth client '{ClientName}' could not share an access token of its own by the distributed cache ({Fault}); each node fetches its own"
    )]
    public static partial void ClientTokenNotShared(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "OAuth client '{ClientName}' did not keep a refreshed ID Token ({Fault}); the refreshed tokens beside it are in use"
    )]
    public static partial void RefreshedIdTokenDropped(ILogger logger, string clientName, string fault);

    [LoggerMessage(14, LogLevel.Information, "OAuth client '{ClientName}' registered itself at its authorization server")]
    public static partial void Registered(ILogger logger, string clientName);

    [LoggerMessage(
        15,
        LogLevel.Warning,
        "OAuth client '{ClientName}' registers itself anew, because {Reason}; all its grants are invalid, and users must authorize again. "
            + "If this repeats, make the server keep the registrations of its clients"
    )]
    public static partial void RegisteredAnew(ILogger logger, string clientName, string reason);

    [LoggerMessage(
        16,
        LogLevel.Error,
        "OAuth client '{ClientName}' could not save what the server registered ({Fault}); it is kept in memory and offered to the store again until the store takes it"
    )]
    public static partial void ClientNotSaved(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        17,
        LogLevel.Warning,
        "OAuth client '{ClientName}' could not renew its registration ({Fault}); it goes on with the one it has, and tries again"
    )]
    public static partial void RegistrationNotRenewed(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        18,
        LogLevel.Warning,
        "OAuth client '{ClientName}' could not ask the store whether another node changed its registration ({Fault}); it goes on with the one it has, and asks again in a minute"
    )]
    public static partial void RegistrationNotCompared(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        19,
        LogLevel.Warning,
        "The token endpoint refused OAuth client '{ClientName}' (invalid_client). It keeps its registration for now; if the token endpoint "
            + "refuses it again after {Minutes} minutes without a success in between, it registers anew, and all its grants are invalid. "
            + "To keep the grants, restore the client at the server within that time"
    )]
    public static partial void UnmanagedClientRefused(ILogger logger, string clientName, double minutes);

    [LoggerMessage(
        22,
        LogLevel.Warning,
        "The token endpoint refused OAuth client '{ClientName}' (invalid_client). The client reads its registration at the server to find "
            + "out whether it still exists there (RFC 7592)"
    )]
    public static partial void ManagedClientRefused(ILogger logger, string clientName);

    [LoggerMessage(
        23,
        LogLevel.Warning,
        "The server still has the registration of OAuth client '{ClientName}' that its token endpoint refused; the client keeps it. "
            + "If refusals go on, look at the client's authentication method and secret at the server"
    )]
    public static partial void RefusedClientKept(ILogger logger, string clientName);

    [LoggerMessage(
        30,
        LogLevel.Warning,
        "OAuth client '{ClientName}' signed a user out; what the server had given could not be revoked there ({Fault}), and lives until it expires"
    )]
    public static partial void NotRevoked(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        31,
        LogLevel.Warning,
        "OAuth client '{ClientName}' signed a user out here only, because the server's metadata cannot be fetched ({Fault})"
    )]
    public static partial void SignedOutHereOnly(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        32,
        LogLevel.Information,
        "OAuth client '{ClientName}' forgot {Count} grants, because the server says that their user signed out there"
    )]
    public static partial void SessionEnded(ILogger logger, string clientName, int count);

    [LoggerMessage(
        33,
        LogLevel.Warning,
        "OAuth client '{ClientName}' removed a superseded grant, but could not revoke it at the server "
            + "({Fault}); its tokens are valid there until they expire. If this repeats, look at the server's revocation endpoint, or unset "
            + "RevokeSupersededGrants"
    )]
    public static partial void SupersededGrantNotRevoked(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        34,
        LogLevel.Warning,
        "OAuth client '{ClientName}' could not remove and revoke a superseded grant, because the "
            + "grant store failed ({Fault}); the user's next authorization tries again"
    )]
    public static partial void SupersededGrantNotRemoved(ILogger logger, string clientName, string fault);

    [LoggerMessage(
        35,
        LogLevel.Warning,
        "OAuth client '{ClientName}' got a callback for an authorization that another process began, and both keep their grants in "
            + "their own memory. Each process then has its own users' grants and sessions, and uses up states for itself only, so that one "
            + "state can give two token requests (RFC 9700 §4.7). Register a store that all processes share, for example with "
            + "AddPostgresGrantStore"
    )]
    public static partial void GrantsInMemoryOfSeveralProcesses(ILogger logger, string clientName);

    [LoggerMessage(
        40,
        LogLevel.Warning,
        "WebFinger allows plain http to a server on this machine (DangerouslyAllowHttpOnLoopback); not for production"
    )]
    public static partial void WebFingerHttpOnLoopbackAllowed(ILogger logger);

    [LoggerMessage(
        41,
        LogLevel.Warning,
        "WebFinger connects to private addresses (DangerouslyAllowPrivateAddresses): what users type decides to which"
    )]
    public static partial void WebFingerPrivateAddressesAllowed(ILogger logger);

    [LoggerMessage(20, LogLevel.Warning, "OAuth client '{ClientName}' leaves {Server} alone for {Seconds} s: it has done nothing but fail")]
    public static partial void CircuitOpened(ILogger logger, string clientName, string server, double seconds);

    [LoggerMessage(21, LogLevel.Information, "OAuth client '{ClientName}' asks {Server} again: it answers")]
    public static partial void CircuitClosed(ILogger logger, string clientName, string server);

    [LoggerMessage(
        60,
        LogLevel.Information,
        "HTTP client '{HttpClientName}' serves more than one owner. Cookies were turned off in its "
            + "primary handler, which would send cookies of one owner with the access token of another. To avoid this message, set "
            + "UseCookies = false where the handler is created"
    )]
    public static partial void CookiesTurnedOff(ILogger logger, string httpClientName);

    [LoggerMessage(
        61,
        LogLevel.Warning,
        "HTTP client '{HttpClientName}' serves more than one owner, and its primary handler {HandlerType} "
            + "has no known setting for cookies. If it keeps cookies between requests, turn them off where the handler is created, or use "
            + "a SocketsHttpHandler: otherwise cookies of one owner are sent with the access token of another"
    )]
    public static partial void CookieSettingUnknown(ILogger logger, string httpClientName, string handlerType);

    [LoggerMessage(
        62,
        LogLevel.Warning,
        "HTTP client '{HttpClientName}' serves more than one owner and allows cookies "
            + "(DangerouslyAllowCookies). Cookies of one owner can be sent with the access token of another"
    )]
    public static partial void CookiesAllowed(ILogger logger, string httpClientName);
}
