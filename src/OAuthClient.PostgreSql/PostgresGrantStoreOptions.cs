namespace OAuthClient.PostgreSql;

/// <summary>Where PostgreSQL is, and how what it keeps is encrypted.</summary>
public sealed class PostgresGrantStoreOptions
{
    /// <summary>
    /// The database, as Npgsql writes it. Leave it out where an <c>NpgsqlDataSource</c> is registered: that one is used then.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>The schema that holds the tables, in lower-case letters, digits and underscores; <c>oauthclient</c> unless set.</summary>
    public string Schema { get; set; } = "oauthclient";

    /// <summary>
    /// Whether the tables are created, and brought up to date, when the store is first used; several nodes may do so at once.
    /// When not, run <see cref="SchemaScript"/> before; the store then needs USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables.
    /// </summary>
    public bool CreateSchema { get; set; } = true;

    /// <summary>
    /// Set it when the connections go through a pooler that hands out one per transaction, such as PgBouncer: no session outlives a
    /// statement there. The nodes then do not hear of each other's changes but look for them, and a node that died is noticed when
    /// its lease is over.
    /// </summary>
    public bool BehindTransactionPooler { get; set; }

    /// <summary>How long connecting to the database may take, and how long each statement; 5 seconds unless set. Whole seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many owners' grants each node keeps in its memory, the ones used last; 20,000 unless set.</summary>
    public int MaximumOwnersInMemory { get; set; } = 20_000;

    internal List<(string Id, string? Key, bool Encrypts)> Keys { get; } = [];

    internal (Func<byte[], byte[]> Protect, Func<byte[], byte[]> Unprotect)? Protection { get; private set; }

    /// <summary>
    /// Encrypts with AES-256-GCM. To rotate: give the new key to every node by <see cref="DecryptWith"/>, then exchange the two calls,
    /// and keep the old key until every grant has been refreshed or ended.
    /// </summary>
    /// <param name="keyId">The key's name, stored with each row: up to 64 letters, digits, dots, dashes and underscores.</param>
    /// <param name="key">32 random bytes as base64, as <c>openssl rand -base64 32</c> prints them. From where you keep secrets, not in code.</param>
    public PostgresGrantStoreOptions EncryptWith(string keyId, string? key)
    {
        Keys.Add((keyId, key, Encrypts: true));
        return this;
    }

    /// <summary>Another key, for what was or will be encrypted with it.</summary>
    /// <param name="keyId">The key's name.</param>
    /// <param name="key">32 random bytes as base64.</param>
    public PostgresGrantStoreOptions DecryptWith(string keyId, string? key)
    {
        Keys.Add((keyId, key, Encrypts: false));
        return this;
    }

    /// <summary>Encrypts with something of the application's own in place of <see cref="EncryptWith"/>, such as a Data Protection <c>IDataProtector</c>.</summary>
    /// <param name="protect">Encrypts and authenticates.</param>
    /// <param name="unprotect">Decrypts, and throws when the bytes were changed.</param>
    public PostgresGrantStoreOptions ProtectWith(Func<byte[], byte[]> protect, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        ArgumentNullException.ThrowIfNull(unprotect);
        Protection = (protect, unprotect);
        return this;
    }

    /// <summary>The SQL that creates the tables or brings them up to date. Running it again changes nothing.</summary>
    /// <param name="schema">The schema's name, as in <see cref="Schema"/>.</param>
    /// <exception cref="ArgumentException">The name is none.</exception>
    public static string SchemaScript(string schema = "oauthclient") =>
        StoreSchema.IsName(schema) ? StoreSchema.Script(schema) : throw new ArgumentException(StoreSchema.NameRule, nameof(schema));
}
