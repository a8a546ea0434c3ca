namespace OAuthClient.Sqlite;

/// <summary>Provides options for the grant store in a file.</summary>
public sealed class SqliteGrantStoreOptions
{
    /// <summary>
    /// Gets or sets the path of the database file. The file and its directory are created at the first use, for the current user only. The
    /// default is <c>grants.db</c> in a directory that has the name of the application, in the data folder of the user
    /// (<see cref="Environment.SpecialFolder.LocalApplicationData"/>). A service without such a folder must set it.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>
    /// Gets or sets the name of an environment variable that contains the key: 32 bytes in base64, for example the output of
    /// <c>openssl rand -base64 32</c>. The default is <see langword="null"/>.
    /// </summary>
    public string? KeyEnvironmentVariable { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the refresh tokens of a file that was restored from a backup or copied are sent. Set it for
    /// one start, if no other machine uses them and none was used since the backup; a server that receives an old refresh token can revoke
    /// the grant (RFC 9700 §4.14). The default is <see langword="false"/>: such refresh tokens are not sent, and refreshes fail with
    /// <see cref="OAuthException"/>.
    /// </summary>
    public bool AcceptRestoredGrants { get; set; }

    /// <summary>
    /// Gets or sets the maximum size of the grants that each process caches, in bytes. Grants that were not used recently are removed
    /// first. The default is <see langword="null"/>: 1/64 of the memory that is available to the process, from 16 MiB to 2 GiB.
    /// </summary>
    public long? MaximumCacheBytes { get; set; }

    internal StoreEncryption Encryption { get; } = new();

    internal bool IsEncryptionConfigured { get; private set; }

    /// <summary>
    /// Sets the key that encrypts tokens with AES-256-GCM, in place of the key file beside the database. To rotate keys, set the new key
    /// and add the old one with <see cref="DecryptWith"/>. Keep the old key until every grant was refreshed or revoked.
    /// </summary>
    /// <param name="keyId">
    /// The id of the key, which is stored with each row: up to 64 letters, digits, dots, dashes and underscores.
    /// </param>
    /// <param name="key">32 random bytes in base64, for example the output of <c>openssl rand -base64 32</c>.</param>
    /// <returns>The same options.</returns>
    public SqliteGrantStoreOptions EncryptWith(string keyId, string? key)
    {
        Encryption.EncryptWith(keyId, key);
        IsEncryptionConfigured = true;
        return this;
    }

    /// <summary>Adds a key that only decrypts: an earlier key.</summary>
    /// <param name="keyId">The id of the key.</param>
    /// <param name="key">32 random bytes in base64.</param>
    /// <returns>The same options.</returns>
    public SqliteGrantStoreOptions DecryptWith(string keyId, string? key)
    {
        Encryption.DecryptWith(keyId, key);
        return this;
    }

    /// <summary>
    /// Sets functions that encrypt tokens in place of <see cref="EncryptWith"/>, for example those of a Data Protection
    /// <c>IDataProtector</c>.
    /// </summary>
    /// <param name="protect">A function that encrypts and authenticates the bytes.</param>
    /// <param name="unprotect">A function that decrypts the bytes, and throws if they were modified.</param>
    /// <returns>The same options.</returns>
    public SqliteGrantStoreOptions ProtectWith(Func<byte[], byte[]> protect, Func<byte[], byte[]> unprotect)
    {
        Encryption.ProtectWith(protect, unprotect);
        IsEncryptionConfigured = true;
        return this;
    }
}
