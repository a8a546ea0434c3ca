using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>Accesses the table of states that were consumed by any process (RFC 9700 §4.7).</summary>
internal static class ConsumedStateTable
{
    public static bool TryAdd(SqliteConnection connection, string stateFingerprint, DateTimeOffset expiresAt) =>
        connection.Execute(
            "INSERT INTO used_states VALUES ($1, $2) ON CONFLICT DO NOTHING",
            SHA256.HashData(MemoryMarshal.AsBytes(stateFingerprint.AsSpan())),
            expiresAt.ToUnixTimeMilliseconds()
        ) > 0;
}
