using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Runs SQL statements as the administrator.</summary>
internal static class Sql
{
    public static async Task RunAsync(PostgresCluster cluster, params string[] statements)
    {
        await using NpgsqlConnection connection = new(cluster.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        foreach (string statement in statements)
        {
            await using NpgsqlCommand command = new(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    public static async Task<T> ReadAsync<T>(PostgresCluster cluster, string query)
    {
        await using NpgsqlConnection connection = new(cluster.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(query, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
