namespace OAuthClient.PostgreSql;

/// <summary>Provides options for the grant store in PostgreSQL.</summary>
public sealed class PostgresGrantStoreOptions
{
    /// <summary>
    /// Gets or sets the connection string of the database in the format of Npgsql. The default is <see langword="null"/>: the registered
    /// <c>NpgsqlDataSource</c> is used.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Gets or sets the schema of the tables. It consists of up to 48 lower-case letters, digits and underscores. The default is
    /// <c>oauthclient</c>.
    /// </summary>
    public string Schema { get; set; } = "oauthclient";

    /// <summary>
    /// Gets or sets a value indicating whether the tables are created and updated when the store is first used. Several nodes can do so
    /// concurrently. The default is <see langword="true"/>. If <see langword="false"/>, run <see cref="SchemaScript"/> before; the role
    /// then needs USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables.
    /// </summary>
    public bool CreateSchema { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether the connections pass through a pooler that assigns one per transaction, such as PgBouncer.
    /// The nodes then poll for changes instead of receiving notifications, and the end of a node is detected when its lease expires. The
    /// default is <see langword="false"/>.
    /// </summary>
    public bool BehindTransactionPooler { get; set; }

    /// <summary>
    /// Gets or sets the timeout of each connection attempt and each statement, in whole seconds from 1 second to 1 minute. The default is 5
    /// seconds.
    /// </summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the maximum size of the grants that each node caches, in bytes. Grants that were not used recently are removed first.
    /// The default is <see langword="null"/>: 1/64 of the memory that is available to the process, from 16 MiB to 2 GiB.
    /// </summary>
    public long? MaximumCacheBytes { get; set; }

    internal StoreEncryption Encryption { get; } = new();

    /// <summary>
    /// Sets the key that encrypts tokens with AES-256-GCM. To rotate keys, add the new key with <see cref="DecryptWith"/> on every node,
    /// then swap the two calls. Keep the old key until every grant was refreshed or revoked.
    /// </summary>
    /// <param name="keyId">
    /// The id of the key, which is stored with each row: up to 64 letters, digits, dots, dashes and underscores.
    /// </param>
    /// <param name="key">
    /// 32 random bytes in base64, for example the output of <c>openssl rand -base64 32</c>. Read it from a secret store.
    /// </param>
    /// <returns>The same options.</returns>
    public PostgresGrantStoreOptions EncryptWith(string keyId, string? key)
    {
        Encryption.EncryptWith(keyId, key);
        return this;
    }

    /// <summary>Adds a key that only decrypts: an earlier key, or the next one before it is used to encrypt.</summary>
    /// <param name="keyId">The id of the key.</param>
    /// <param name="key">32 random bytes in base64.</param>
    /// <returns>The same options.</returns>
    public PostgresGrantStoreOptions DecryptWith(string keyId, string? key)
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
    public PostgresGrantStoreOptions ProtectWith(Func<byte[], byte[]> protect, Func<byte[], byte[]> unprotect)
    {
        Encryption.ProtectWith(protect, unprotect);
        return this;
    }

    /// <summary>Returns the SQL script that creates or updates the tables. The script is idempotent.</summary>
    /// <param name="schema">The name of the schema, as in <see cref="Schema"/>.</param>
    /// <returns>The SQL script.</returns>
    /// <exception cref="ArgumentException">The name of the schema is invalid.</exception>
    public static string SchemaScript(string schema = "oauthclient") =>
        StoreSchema.IsName(schema) ? StoreSchema.Script(schema) : throw new ArgumentException(StoreSchema.NameRule, nameof(schema));
}
