using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>What the store logs. No message takes a token, an owner or a parameter of a statement.</summary>
internal static partial class Log
{
    public const string Category = "OAuthClient.PostgreSql";

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "The grant store lost its connection for notifications ({Fault}). It connects again. Until then access tokens in memory are "
            + "served for at most a minute without another look, and checks whether a user is signed in read the database. If this repeats, "
            + "look at the network and at idle timeouts; behind a transaction pooler set BehindTransactionPooler"
    )]
    public static partial void ConnectionLost(ILogger logger, string fault);

    [LoggerMessage(2, LogLevel.Information, "The grant store is connected for notifications")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(3, LogLevel.Error, "A stored grant was left out: {Why}")]
    public static partial void GrantUnreadable(ILogger logger, string why);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "The grant store could not read the database ({Fault}). Access tokens in memory are served for at most a minute; checks whether "
            + "a user is signed in fail. Check that this node can reach the database, and that the database takes connections"
    )]
    public static partial void ReadFailed(ILogger logger, string fault);

    [LoggerMessage(5, LogLevel.Warning, "The grant store could not clean up ({Fault}); it tries again later")]
    public static partial void CleanUpFailed(ILogger logger, string fault);

    [LoggerMessage(6, LogLevel.Error, "PostgreSQL refuses a statement of the grant store ({Reason}). {Advice}")]
    public static partial void StatementRefused(ILogger logger, string reason, string advice);

    [LoggerMessage(
        7,
        LogLevel.Warning,
        "The schema \"{Schema}\" holds a table \"{Table}\" with grants of an earlier version, which name their owners without a kind. They "
            + "are neither used nor deleted: their owners authorize again. Drop the table when no node of the earlier version runs any more"
    )]
    public static partial void EarlierGrants(ILogger logger, string schema, string table);
}
