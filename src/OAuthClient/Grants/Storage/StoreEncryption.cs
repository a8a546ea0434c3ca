using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// Encrypts grants, and the credentials of dynamically registered clients, for a store. The client's name, the owner or server, the id and
/// the generation are authenticated with the content, so that content cannot be moved to another row.
/// </summary>
/// <remarks>Configure the keys before the first use.</remarks>
public sealed class StoreEncryption
{
    private const byte ByKey = 1;
    private const byte ByApplication = 2;

    private readonly List<(string Id, string? Key, bool Encrypts)> configured = [];
    private readonly Lazy<Dictionary<string, EncryptionKey>> keys;
    private (Func<byte[], byte[]> Protect, Func<byte[], byte[]> Unprotect)? application;

    /// <summary>Initializes a new instance without keys.</summary>
    public StoreEncryption() => keys = new(() => configured.ToDictionary(key => key.Id, key => new EncryptionKey(key.Id, key.Key!)));

    /// <summary>
    /// Sets the key that encrypts with AES-256-GCM. To rotate keys, add the new key with <see cref="DecryptWith"/> on every node, then swap
    /// the two calls. Keep the old key until every grant was refreshed or revoked.
    /// </summary>
    /// <param name="keyId">
    /// The id of the key, which is stored with the content: up to 64 letters, digits, dots, dashes and underscores.
    /// </param>
    /// <param name="key">32 random bytes in base64, for example the output of <c>openssl rand -base64 32</c>.</param>
    /// <returns>This object.</returns>
    public StoreEncryption EncryptWith(string keyId, string? key)
    {
        configured.Add((keyId, key, Encrypts: true));
        return this;
    }

    /// <summary>Adds a key that only decrypts: an earlier key, or the next one before it is used to encrypt.</summary>
    /// <param name="keyId">The id of the key.</param>
    /// <param name="key">32 random bytes in base64.</param>
    /// <returns>This object.</returns>
    public StoreEncryption DecryptWith(string keyId, string? key)
    {
        configured.Add((keyId, key, Encrypts: false));
        return this;
    }

    /// <summary>
    /// Sets functions that encrypt in place of <see cref="EncryptWith"/>, for example those of a Data Protection <c>IDataProtector</c>.
    /// </summary>
    /// <param name="protect">A function that encrypts and authenticates the bytes.</param>
    /// <param name="unprotect">A function that decrypts the bytes, and throws if they were modified.</param>
    /// <returns>This object.</returns>
    public StoreEncryption ProtectWith(Func<byte[], byte[]> protect, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        ArgumentNullException.ThrowIfNull(unprotect);
        application = (protect, unprotect);
        return this;
    }

    /// <summary>Validates the configured keys. Call it when the options of the store are validated.</summary>
    /// <returns>A sentence for each error, without secrets.</returns>
    public IEnumerable<string> Validate()
    {
        int encrypting = configured.Count(key => key.Encrypts) + (application is null ? 0 : 1);
        if (encrypting == 0)
            yield return "no encryption is configured. Call EncryptWith(\"2026-01\", key) with a key from `openssl rand -base64 32`, or "
                + "ProtectWith(…).";
        if (encrypting > 1)
            yield return "call EncryptWith or ProtectWith once, and DecryptWith for other keys.";
        foreach (var (id, key, _) in configured)
        {
            if (!EncryptionKey.IsId(id))
                yield return "a key's id must be 1 to 64 letters, digits, dots, dashes or underscores.";
            else if (string.IsNullOrWhiteSpace(key))
                yield return $"the key '{id}' is empty. Check the configuration of this node.";
            else if (!EncryptionKey.IsKey(key))
                yield return $"the key '{id}' must be 32 bytes in base64, for example the output of `openssl rand -base64 32`.";
        }
        foreach (var duplicate in configured.GroupBy(key => key.Id).Where(same => same.Count() > 1))
            yield return $"the key id '{duplicate.Key}' is used more than once. Use a different id for each key.";
    }

    /// <summary>Encrypts a grant. The result differs with each call.</summary>
    /// <param name="grant">The grant.</param>
    /// <returns>The content to store.</returns>
    public byte[] Protect(Grant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return grant.Protect(plain => Encrypt(plain, IdentityOf(grant)));
    }

    /// <summary>Encrypts a dynamically registered client. The result differs with each call.</summary>
    /// <param name="client">The client.</param>
    /// <returns>The content to store.</returns>
    public byte[] Protect(DynamicClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.Protect(plain => Encrypt(plain, IdentityOf(client)));
    }

    /// <summary>Decrypts a grant. The arguments are those of its row.</summary>
    /// <param name="content">The stored content.</param>
    /// <param name="id">The <see cref="Grant.Id"/>.</param>
    /// <param name="clientName">The client's name.</param>
    /// <param name="owner">The owner, as <see cref="GrantOwner.ToString"/> returned it.</param>
    /// <param name="generation">The <see cref="Grant.Generation"/>.</param>
    /// <returns>The grant.</returns>
    /// <exception cref="OAuthException">The key is missing, or the content was not encrypted for this row.</exception>
    public Grant UnprotectGrant(byte[] content, string id, string clientName, string owner, long generation) =>
        Decrypt(
            content,
            RowIdentity.OfGrant(id, clientName, owner, generation),
            $"grant {id} of {clientName}",
            Grant.Unprotect,
            IdentityOf
        );

    /// <summary>Decrypts a dynamically registered client. The arguments are those of its row.</summary>
    /// <param name="content">The stored content.</param>
    /// <param name="clientName">The client's name.</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="generation">The <see cref="DynamicClient.Generation"/>.</param>
    /// <returns>The client.</returns>
    /// <exception cref="OAuthException">The key is missing, or the content was not encrypted for this row.</exception>
    public DynamicClient UnprotectClient(byte[] content, string clientName, string server, long generation) =>
        Decrypt(
            content,
            RowIdentity.OfClient(clientName, server, generation),
            $"registration of {clientName} at {server}",
            DynamicClient.Unprotect,
            IdentityOf
        );

    private static byte[] IdentityOf(Grant grant) =>
        RowIdentity.OfGrant(grant.Id, grant.ClientName, grant.Owner.ToString(), grant.Generation);

    private static byte[] IdentityOf(DynamicClient client) => RowIdentity.OfClient(client.ClientName, client.Server, client.Generation);

    private byte[] Encrypt(byte[] plain, byte[] identity) =>
        application is { } functions
            ? [ByApplication, .. functions.Protect(plain)]
            : [ByKey, .. keys.Value[configured.Single(key => key.Encrypts).Id].Encrypt(plain, identity)];

    // The identity is compared as well, because functions of the application do not authenticate it.
    private T Decrypt<T>(
        byte[] content,
        byte[] identity,
        string what,
        Func<byte[], Func<byte[], byte[]>, T> unprotect,
        Func<T, byte[]> identityOf
    )
    {
        ArgumentNullException.ThrowIfNull(content);
        try
        {
            var stored = unprotect(content, _ => Decrypt(content, identity, what));
            return identityOf(stored).AsSpan().SequenceEqual(identity) ? stored : throw Refused(what, inner: null);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            throw Refused(what, exception);
        }
    }

    private byte[] Decrypt(byte[] content, byte[] identity, string what) =>
        content switch
        {
            [ByKey, ..] => Key(content, what).Decrypt(content.AsSpan(1), identity),
            [ByApplication, ..] when application is { } functions => functions.Unprotect(content[1..]),
            [ByApplication, ..] => throw new OAuthException(
                $"The {what} was encrypted by functions of the application. Pass these functions to ProtectWith."
            ),
            _ => throw Refused(what, inner: null),
        };

    private EncryptionKey Key(byte[] content, string what) =>
        EncryptionKey.IdIn(content.AsSpan(1)) is not { } id ? throw Refused(what, inner: null)
        : keys.Value.TryGetValue(id, out var key) ? key
        : throw new OAuthException(
            $"The {what} was encrypted with the key '{id}', which is not configured on this node. Add DecryptWith(\"{id}\", …)."
        );

    private static OAuthException Refused(string what, Exception? inner) =>
        new(
            $"The {what} cannot be decrypted: its key has the same id as another key, or its row was modified outside of this library.",
            inner
        );
}
