using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>Classifies the errors of SQLite, and says what to do about those that do not end by themselves.</summary>
internal static class SqliteErrors
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int NoMemory = 7;
    private const int ReadOnly = 8;
    private const int Io = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int Protocol = 15;
    private const int NotADatabase = 26;

    // ENOSPC and EDQUOT, and ERROR_DISK_FULL of Windows.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Determines whether an exception means that the file cannot be used at the moment.</summary>
    public static bool IsOutage(Exception exception) =>
        exception switch
        {
            SqliteException { SqliteErrorCode: Busy or Locked or NoMemory or Io or Full or CannotOpen or Protocol } => true,
            OAuthException { InnerException: SqliteException or IOException } => IsOutage(exception.InnerException!),
            IOException => true,
            _ => false,
        };

    public static bool IsFull(SqliteException exception) => exception.SqliteErrorCode == Full;

    /// <summary>Converts an error of SQLite.</summary>
    /// <returns>An exception that says what to do.</returns>
    public static OAuthException Describe(SqliteException exception, string path) =>
        new(
            exception.SqliteErrorCode switch
            {
                Busy or Locked => $"Another process kept {path} locked for some seconds. If this repeats, put the file on a faster disk, "
                    + "and look for a program that opens it.",
                Full => DiskFull(path),
                Corrupt or NotADatabase =>
                    $"{path} is not a SQLite database, or it is damaged. Delete it together with the files beside it "
                        + "whose names begin with its name; users then authorize again. Or set Path to another file.",
                ReadOnly => $"{path} cannot be modified. Give the user that runs this process write access to the file and its directory, "
                    + "and do not move or replace the file while a process uses it.",
                Io =>
                    $"SQLite could not read or write {path} (error {exception.SqliteExtendedErrorCode}). Check the disk, and that the file "
                        + "is on a local disk.",
                CannotOpen => $"SQLite could not open {path}. Check that its directory exists and is writable.",
                _ => $"SQLite refused a statement on {path} (error {exception.SqliteExtendedErrorCode}).",
            },
            exception
        );

    public static OAuthException Describe(IOException exception, string path) =>
        new(
            exception.HResult is NoSpace or QuotaExceeded or WindowsDiskFull
                ? DiskFull(path)
                : $"The files of {path} could not be read or written: {exception.Message}",
            exception
        );

    private static string DiskFull(string path) =>
        $"The disk of {path} is full. Free some space; until then nothing is stored and no refresh token is sent.";
}
