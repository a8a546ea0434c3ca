using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Sqlite;

/// <summary>Keeps secrets in files of mode 0600.</summary>
/// <param name="database">The path of the database, beside which the files are.</param>
/// <param name="logger">The logger.</param>
internal sealed class KeyFile(string database, ILogger logger) : ISecretStorage
{
    private const int Length = 32;

    public async ValueTask<byte[]> GetOrCreateAsync(string name, CancellationToken cancellationToken)
    {
        string path = $"{database}.{name}";
        if (!File.Exists(path) && PrivateFiles.TryCreate(path, RandomNumberGenerator.GetBytes(Length)))
            Log.KeyFileCreated(logger, path);
        PrivateFiles.Check(path);
        byte[] key = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        return key.Length == Length
            ? key
            : throw new OAuthException(
                $"{path} does not contain a key of {Length} bytes. Restore it from a backup, or delete it; users then authorize again."
            );
    }
}
