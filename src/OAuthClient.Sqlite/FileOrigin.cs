using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>
/// Detects that the database file was restored from a backup or copied. Its refresh tokens may then be old, or another machine may use
/// them; a server that receives an old one can revoke the grant (RFC 9700 §4.14).
/// </summary>
/// <remarks>
/// The database contains the number of its file, which a copy does not have, and a mark that changes each time the file is opened. A file
/// beside it contains the mark as well, so that a database that was overwritten with an earlier one is detected.
/// </remarks>
/// <param name="path">The path of the database.</param>
internal sealed class FileOrigin(string path)
{
    private const string FileSetting = "file";
    private const string MarkSetting = "mark";

    private readonly string marks = path + ".origin";

    /// <summary>
    /// Determines whether the file was restored or copied, within a transaction, and records the file as the current one.
    /// </summary>
    public bool Check(SqliteConnection connection)
    {
        string file = FileStatus.Read(path) is { } status
            ? string.Create(CultureInfo.InvariantCulture, $"number {status.Number}")
            : $"path {path}";
        bool isRestored =
            StoreSchema.Setting(connection, FileSetting) is { } recorded
            && (recorded != file || !ReadMarks().Contains(StoreSchema.Setting(connection, MarkSetting)));
        StoreSchema.Set(connection, FileSetting, file);
        Renew(connection);
        return isRestored;
    }

    /// <summary>Changes the mark, within a transaction.</summary>
    public void Renew(SqliteConnection connection)
    {
        string mark = RandomNumberGenerator.GetHexString(32, lowercase: true);
        // Both marks, because the process can end before the transaction is committed.
        string[] both = [StoreSchema.Setting(connection, MarkSetting) ?? "", mark];
        PrivateFiles.Replace(marks, Encoding.ASCII.GetBytes(string.Join('\n', both)));
        StoreSchema.Set(connection, MarkSetting, mark);
    }

    private string[] ReadMarks()
    {
        PrivateFiles.Check(marks);
        return File.Exists(marks) ? File.ReadAllLines(marks) : [];
    }
}
