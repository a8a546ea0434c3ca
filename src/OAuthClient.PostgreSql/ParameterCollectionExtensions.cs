using Npgsql;
using NpgsqlTypes;

namespace OAuthClient.PostgreSql;

/// <summary>Adds positional parameters to a command.</summary>
internal static class ParameterCollectionExtensions
{
    public static NpgsqlParameterCollection Texts(this NpgsqlParameterCollection parameters, params ReadOnlySpan<string> texts)
    {
        foreach (string text in texts)
            parameters.Add(new NpgsqlParameter<string> { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text });
        return parameters;
    }

    public static NpgsqlParameterCollection RowKey(this NpgsqlParameterCollection parameters, GrantRowKey key) =>
        parameters.Texts(key.Id, key.ClientName, key.Owner);

    public static NpgsqlParameterCollection Number(this NpgsqlParameterCollection parameters, long? number) =>
        parameters.Value(number, NpgsqlDbType.Bigint);

    public static NpgsqlParameterCollection Bytes(this NpgsqlParameterCollection parameters, byte[]? bytes) =>
        parameters.Value(bytes, NpgsqlDbType.Bytea);

    public static NpgsqlParameterCollection Time(this NpgsqlParameterCollection parameters, DateTime? utc) =>
        parameters.Value(utc, NpgsqlDbType.TimestampTz);

    public static NpgsqlParameterCollection Length(this NpgsqlParameterCollection parameters, TimeSpan length) =>
        parameters.Value(length, NpgsqlDbType.Interval);

    private static NpgsqlParameterCollection Value(this NpgsqlParameterCollection parameters, object? value, NpgsqlDbType type)
    {
        parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        return parameters;
    }
}
