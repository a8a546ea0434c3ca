using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Sqlite;

/// <summary>
/// Configures the encryption of the rows with a key that is kept on this machine, if the application configured none. If that key was lost,
/// the rows that it encrypted are deleted: no one can read them, and their owners authorize again.
/// </summary>
internal sealed class StoreKey(SqliteGrantStoreOptions options, ISecretStorage secrets, ILogger logger)
{
    private const string SecretName = "key";
    private const string Setting = "key";

    private string? id;

    /// <summary>Gets the key if the application configured none.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (options.IsEncryptionConfigured || id is not null)
            return;
        byte[] key = await secrets.GetOrCreateAsync(SecretName, cancellationToken).ConfigureAwait(false);
        id = "machine-" + Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 8));
        options.Encryption.EncryptWith(id, Convert.ToBase64String(key));
    }

    /// <summary>Records the key, within a transaction, and deletes the rows of another one.</summary>
    public void Record(SqliteConnection connection)
    {
        if (id is null)
            return;
        if (StoreSchema.Setting(connection, Setting) is { } last && last != id)
        {
            int grants = connection.Execute("DELETE FROM grants");
            connection.Execute("DELETE FROM clients");
            Log.KeyLost(logger, connection.DataSource, grants);
        }
        StoreSchema.Set(connection, Setting, id);
    }
}
