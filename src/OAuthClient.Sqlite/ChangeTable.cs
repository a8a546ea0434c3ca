using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>Records the latest changes of owners' grants, for the caches of other processes. Each is part of the transaction.</summary>
/// <param name="writer">The id of this store, which does not read its own changes.</param>
internal sealed class ChangeTable(string writer)
{
    private const int Kept = 1000;

    /// <summary>Gets the key of an owner. The length of the client's name keeps the two parts apart.</summary>
    public static string KeyOf(string clientName, string owner) =>
        string.Create(CultureInfo.InvariantCulture, $"{clientName.Length}:{clientName}:{owner}");

    public void Add(SqliteConnection connection, string clientName, string owner)
    {
        connection.Execute("INSERT INTO changes (writer, key) VALUES ($1, $2)", writer, KeyOf(clientName, owner));
        connection.Execute("DELETE FROM changes WHERE number <= last_insert_rowid() - $1", Kept);
    }

    /// <returns>The number of the last change.</returns>
    public static long Last(SqliteConnection connection) => connection.Number("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");

    /// <summary>Reads the changes by other stores.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="after">The number of the last change that was read.</param>
    /// <returns>The keys; <see langword="null"/> if changes were deleted before they were read.</returns>
    public List<string>? Read(SqliteConnection connection, long after) =>
        connection.Number("SELECT coalesce(min(number), 0) FROM changes") > after + 1
            ? null
            : connection.Query(
                "SELECT DISTINCT key FROM changes WHERE number > $1 AND writer <> $2",
                static row => row.GetString(0),
                after,
                writer
            );
}
