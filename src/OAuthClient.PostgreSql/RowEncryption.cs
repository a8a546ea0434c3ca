using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Encrypts grants, and the credentials of dynamically registered clients, at rest. The row key and the generation are authenticated with
/// the content, and compared after decryption by the application's functions, so that content cannot be moved to another row.
/// </summary>
internal sealed class RowEncryption
{
    private const byte ByKey = 1;
    private const byte ByApplication = 2;

    private readonly Dictionary<string, EncryptionKey> keys;
    private readonly EncryptionKey? encrypting;
    private readonly (Func<byte[], byte[]> Protect, Func<byte[], byte[]> Unprotect)? application;

    public RowEncryption(PostgresGrantStoreOptions options)
    {
        keys = options.Keys.ToDictionary(key => key.Id, key => new EncryptionKey(key.Id, key.Key!), StringComparer.Ordinal);
        application = options.Protection;
        encrypting = application is null ? keys[options.Keys.Single(key => key.Encrypts).Id] : null;
    }

    public byte[] Protect(Grant grant) => grant.Protect(plain => Encrypted(plain, GrantRowKey.Of(grant).ToBytes()));

    public byte[] Protect(DynamicClient client) => client.Protect(plain => Encrypted(plain, DynamicClientRowKey.Of(client).ToBytes()));

    /// <exception cref="OAuthException">The key is missing, or the content was not encrypted for this row.</exception>
    public Grant Unprotect(byte[] content, GrantRowKey key)
    {
        string what = $"grant {key.Id} of {key.ClientName}";
        var grant = Read(() => Grant.Unprotect(content, _ => Decrypted(content, key.ToBytes(), what)), what);
        return GrantRowKey.Of(grant) == key ? grant : throw Refused(what, inner: null);
    }

    /// <exception cref="OAuthException">The key is missing, or the content was not encrypted for this row.</exception>
    public DynamicClient Unprotect(byte[] content, DynamicClientRowKey key)
    {
        string what = $"registration of {key.ClientName} at {key.Server}";
        var client = Read(() => DynamicClient.Unprotect(content, _ => Decrypted(content, key.ToBytes(), what)), what);
        return DynamicClientRowKey.Of(client) == key ? client : throw Refused(what, inner: null);
    }

    private static T Read<T>(Func<T> read, string what)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            throw Refused(what, exception);
        }
    }

    private byte[] Encrypted(byte[] plain, byte[] rowKey) =>
        encrypting is null ? [ByApplication, .. application!.Value.Protect(plain)] : [ByKey, .. encrypting.Encrypt(plain, rowKey)];

    private byte[] Decrypted(byte[] content, byte[] rowKey, string what) =>
        content switch
        {
            [ByKey, ..] => Key(content, what).Decrypt(content.AsSpan(1), rowKey),
            [ByApplication, ..] when application is { } functions => functions.Unprotect(content[1..]),
            [ByApplication, ..] => throw new OAuthException(
                $"The {what} was encrypted by functions of the application. Pass these functions to ProtectWith."
            ),
            _ => throw Refused(what, inner: null),
        };

    private EncryptionKey Key(byte[] content, string what) =>
        EncryptionKey.IdIn(content.AsSpan(1)) is not { } id ? throw Refused(what, inner: null)
        : keys.TryGetValue(id, out var key) ? key
        : throw new OAuthException(
            $"The {what} was encrypted with the key '{id}', which is not configured on this node. Add DecryptWith(\"{id}\", …)."
        );

    private static OAuthException Refused(string what, Exception? inner) =>
        new(
            $"The {what} cannot be decrypted: its key has the same id as another key, or its row was modified outside of this library.",
            inner
        );
}
