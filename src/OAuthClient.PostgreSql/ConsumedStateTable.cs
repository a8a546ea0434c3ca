using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>Accesses the table of states that were consumed on any node (RFC 9700 §4.7).</summary>
internal sealed class ConsumedStateTable(PostgresCommandExecutor executor, string schema)
{
    // The ticket identifies the row of a call that is repeated because its response was lost.
    private readonly string add = $"""
        INSERT INTO "{schema}".used_states (fingerprint, ticket, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (fingerprint) DO UPDATE SET ticket = excluded.ticket WHERE used_states.ticket = excluded.ticket
        """;

    public async Task<bool> TryAddAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        byte[] fingerprint = SHA256.HashData(MemoryMarshal.AsBytes(stateFingerprint.AsSpan()));
        long ticket = RandomIds.New();
        return await executor
                .ExecuteAsync(
                    add,
                    parameters => parameters.Bytes(fingerprint).Number(ticket).Time(expiresAt.UtcDateTime),
                    mayRepeat: true,
                    cancellationToken
                )
                .ConfigureAwait(false) > 0;
    }
}
