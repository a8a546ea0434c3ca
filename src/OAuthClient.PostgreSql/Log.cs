using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>
/// The log messages of the store. Event ids start at 2001. No message contains a token, an owner or a parameter of a statement.
/// </summary>
internal static partial class Log
{
    public const string Category = "OAuthClient.PostgreSql";

    [LoggerMessage(
        2001,
        LogLevel.Warning,
        "The grant store lost its notification connection ({Fault}) and is reconnecting. Until then, cached access tokens are served for "
            + "at most one minute, and sign-in checks read the database. If this repeats, check the network and idle timeouts; "
            + "behind a transaction pooler, set BehindTransactionPooler"
    )]
    public static partial void ConnectionLost(ILogger logger, string fault);

    [LoggerMessage(2002, LogLevel.Information, "The grant store opened its notification connection. No action is required")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(
        2003,
        LogLevel.Error,
        "A stored grant could not be read and was skipped. Its owner may have to authorize again. Check that this node has the keys and "
            + "the package version of all other nodes. Reason: {Reason}"
    )]
    public static partial void GrantUnreadable(ILogger logger, string reason);

    [LoggerMessage(
        2005,
        LogLevel.Warning,
        "The grant store could not delete expired rows ({Fault}). It retries in about one hour. If this repeats, check that the role may "
            + "delete rows"
    )]
    public static partial void CleanUpFailed(ILogger logger, string fault);

    [LoggerMessage(2006, LogLevel.Error, "PostgreSQL refused a statement of the grant store ({Reason}). {Advice}")]
    public static partial void StatementRefused(ILogger logger, string reason, string advice);

    [LoggerMessage(
        2007,
        LogLevel.Warning,
        "The schema \"{Schema}\" contains a table \"{Table}\" with grants of an earlier version, whose owners have no kind. These grants "
            + "are neither used nor deleted; their owners must authorize again. Drop the table when no node runs the earlier version"
    )]
    public static partial void EarlierGrants(ILogger logger, string schema, string table);

    [LoggerMessage(
        2008,
        LogLevel.Warning,
        "The grant store could not notify the other nodes of refreshes ({Fault}). It retries until it is closed. Until then, the other "
            + "nodes use the previous access tokens. Check that this node can reach the database"
    )]
    public static partial void NotificationsNotSent(ILogger logger, string fault);
}
