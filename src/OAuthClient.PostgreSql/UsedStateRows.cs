using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>The states that were used up on any node (RFC 9700 §4.7).</summary>
internal sealed class UsedStateRows(Database database, string schema)
{
    private readonly string add = $"""INSERT INTO "{schema}".used_states (fingerprint, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING""";

    // Not repeated after a lost answer: it would find its own row, and take it for another's.
    public async Task<bool> TryAddAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        byte[] fingerprint = SHA256.HashData(MemoryMarshal.AsBytes(stateFingerprint.AsSpan()));
        return await database.ExecuteAsync(
            add, parameters => parameters.Bytes(fingerprint).Time(expiresAt.UtcDateTime), mayRepeat: false, cancellationToken).ConfigureAwait(false) > 0;
    }
}
