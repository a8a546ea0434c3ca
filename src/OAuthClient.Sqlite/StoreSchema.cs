using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>Creates the tables and checks their version.</summary>
internal static class StoreSchema
{
    public const int Version = 1;

    // "OAuC". SQLite stores it in the header of the file.
    private const int ApplicationId = 0x4F417543;

    private const string Script = """
        CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE grants (
          position INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          client_name TEXT NOT NULL,
          -- The owner with its kind, in the format of GrantOwner.ToString(), for example user:42.
          owner TEXT NOT NULL,
          generation INTEGER NOT NULL,
          -- The grant with its tokens, encrypted.
          content BLOB NOT NULL,
          -- The time from which the grant cannot be used, in milliseconds since 1970; null if unknown, for example with a refresh token.
          dead_at INTEGER,
          -- Hashes of the subject and the session at the server, by which a logout token finds the grant.
          subject_fingerprint TEXT,
          session_fingerprint TEXT,
          -- 1 if the file was restored or copied after the grant was stored, and the application has not accepted that.
          is_restored INTEGER NOT NULL DEFAULT 0,
          -- The lease; not held if lease_holder is null. The fence only increases.
          fence INTEGER NOT NULL DEFAULT 0,
          previous_fence INTEGER,
          lease_holder TEXT,
          -- By the clock of the machine that runs since its start, which all processes share. Locks of holders end with it too.
          lease_ends INTEGER,
          -- The status of this generation's refresh token: 0 unused, 1 unknown, 2 rejected.
          status INTEGER NOT NULL DEFAULT 0,
          -- Occupies the space in the file that the result of the refresh needs.
          reserve BLOB);
        CREATE INDEX grants_of_owner ON grants (client_name, owner);
        CREATE INDEX grants_dead ON grants (dead_at) WHERE dead_at IS NOT NULL;
        CREATE INDEX grants_of_subject ON grants (subject_fingerprint) WHERE subject_fingerprint IS NOT NULL;
        CREATE INDEX grants_of_session ON grants (session_fingerprint) WHERE session_fingerprint IS NOT NULL;
        CREATE TABLE used_states (fingerprint BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX used_states_expired ON used_states (expires_at);
        CREATE TABLE clients (
          client_name TEXT NOT NULL,
          server TEXT NOT NULL,
          client_id TEXT NOT NULL,
          generation INTEGER NOT NULL,
          -- The registration with its credentials, encrypted.
          content BLOB NOT NULL,
          PRIMARY KEY (client_name, server)) WITHOUT ROWID;
        -- The latest changes, which other processes read.
        CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, writer TEXT NOT NULL, key TEXT NOT NULL);
        """;

    /// <summary>Refuses a database of another application or of a newer version, before anything is changed.</summary>
    public static void RequireOwnFile(SqliteConnection connection, string path)
    {
        bool isEmpty = connection.Number("SELECT count(*) FROM sqlite_master") == 0;
        if (connection.Number("PRAGMA application_id") != ApplicationId && !isEmpty)
            throw new OAuthException($"{path} is a SQLite database of another application. Set Path to another file.");
        long version = connection.Number("PRAGMA user_version");
        if (version > Version)
            throw new OAuthException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path} has the version {version} of a newer OAuthClient.Sqlite; this package supports version {Version}. Update the "
                ) + "package, or set Path to another file."
            );
    }

    /// <summary>Creates or updates the tables, within a transaction.</summary>
    /// <returns><see langword="true"/> if the tables were created.</returns>
    public static bool Ensure(SqliteConnection connection)
    {
        if (connection.Number("PRAGMA user_version") == Version)
            return false;
        connection.Execute(Script);
        connection.Execute(
            string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}")
        );
        return true;
    }

    /// <summary>Reads a setting of the file.</summary>
    public static string? Setting(SqliteConnection connection, string name) =>
        connection.Query("SELECT value FROM settings WHERE name = $1", static row => row.GetString(0), name).FirstOrDefault();

    /// <summary>Stores a setting of the file.</summary>
    public static void Set(SqliteConnection connection, string name, string value) =>
        connection.Execute("INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value);
}
