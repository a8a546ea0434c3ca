using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>Executes statements with the parameters <c>$1</c>, <c>$2</c>, ….</summary>
internal static class SqliteConnectionExtensions
{
    /// <returns>The number of rows that were changed.</returns>
    public static int Execute(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> parameters)
    {
        using var command = Create(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    public static List<T> Query<T>(
        this SqliteConnection connection,
        string sql,
        Func<SqliteDataReader, T> read,
        params ReadOnlySpan<object?> parameters
    )
    {
        using var command = Create(connection, sql, parameters);
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    /// <returns>The first value; 0 if there is none.</returns>
    public static long Number(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> parameters) =>
        connection.Query(sql, static row => row.GetInt64(0), parameters).FirstOrDefault();

    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "Values are parameters.")]
    private static SqliteCommand Create(SqliteConnection connection, string sql, ReadOnlySpan<object?> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (int index = 0; index < parameters.Length; index++)
            command.Parameters.AddWithValue(
                string.Create(CultureInfo.InvariantCulture, $"${index + 1}"),
                parameters[index] ?? DBNull.Value
            );
        return command;
    }
}
