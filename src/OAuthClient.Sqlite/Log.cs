using Microsoft.Extensions.Logging;

namespace OAuthClient.Sqlite;

/// <summary>The log messages of the store. Event ids start at 3001. No message contains a token, an owner or a key.</summary>
internal static partial class Log
{
    public const string Category = "OAuthClient.Sqlite";

    [LoggerMessage(
        3001,
        LogLevel.Warning,
        "The grant store created the key {Path}. A program that can read it and the database can use the tokens. To keep the key "
            + "elsewhere, set KeyEnvironmentVariable, call EncryptWith or ProtectWith, or register an ISecretStorage"
    )]
    public static partial void KeyFileCreated(ILogger logger, string path);

    [LoggerMessage(
        3002,
        LogLevel.Warning,
        "The key of the grant store {Path} was lost or replaced. {Count} grants that it had encrypted were deleted; their owners must "
            + "authorize again"
    )]
    public static partial void KeyLost(ILogger logger, string path, int count);

    [LoggerMessage(
        3003,
        LogLevel.Error,
        "A stored grant could not be read and was skipped. Its owner may have to authorize again. Check the configured keys. "
            + "Reason: {Reason}"
    )]
    public static partial void GrantUnreadable(ILogger logger, string reason);

    [LoggerMessage(
        3004,
        LogLevel.Warning,
        "The grant store {Path} was restored from a backup or copied. Its {Count} grants are used until their access tokens expire; their "
            + "refresh tokens are not sent. If they are not used elsewhere and are not older than the last use, start once with "
            + "AcceptRestoredGrants. Otherwise delete the file"
    )]
    public static partial void FileRestored(ILogger logger, string path, int count);

    [LoggerMessage(3005, LogLevel.Warning, "The grant store could not delete expired rows. It retries in an hour. Reason: {Reason}")]
    public static partial void CleanUpFailed(ILogger logger, string reason);
}
