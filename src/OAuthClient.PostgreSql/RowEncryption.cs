using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>
/// How grants, and the credentials of clients that registered themselves, are encrypted at rest. What was encrypted for one row is refused
/// in another: the row's place and generation are authenticated with it, and compared after whatever the application encrypts with.
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

    /// <exception cref="OAuthException">There is no key for it, or it was not encrypted for this row.</exception>
    public Grant Unprotect(byte[] content, GrantRowKey place)
    {
        string what = $"grant {place.Id} of {place.ClientName}";
        var grant = Read(() => Grant.Unprotect(content, _ => Decrypted(content, place.ToBytes(), what)), what);
        return GrantRowKey.Of(grant) == place ? grant : throw Refused(what, inner: null);
    }

    /// <exception cref="OAuthException">There is no key for it, or it was not encrypted for this row.</exception>
    public DynamicClient Unprotect(byte[] content, DynamicClientRowKey place)
    {
        string what = $"registration of {place.ClientName} at {place.Server}";
        var client = Read(() => DynamicClient.Unprotect(content, _ => Decrypted(content, place.ToBytes(), what)), what);
        return DynamicClientRowKey.Of(client) == place ? client : throw Refused(what, inner: null);
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

    private byte[] Encrypted(byte[] plain, byte[] place) =>
        encrypting is null ? [ByApplication, .. application!.Value.Protect(plain)] : [ByKey, .. encrypting.Encrypt(plain, place)];

    private byte[] Decrypted(byte[] content, byte[] place, string what) =>
        content switch
        {
            [ByKey, ..] => Key(content, what).Decrypt(content.AsSpan(1), place),
            [ByApplication, ..] when application is { } theirs => theirs.Unprotect(content[1..]),
            [ByApplication, ..] => throw new OAuthException(
                $"The {what} was encrypted by functions of the application: give them with ProtectWith again."
            ),
            _ => throw Refused(what, inner: null),
        };

    private EncryptionKey Key(byte[] content, string what) =>
        EncryptionKey.IdIn(content.AsSpan(1)) is not { } id ? throw Refused(what, inner: null)
        : keys.TryGetValue(id, out var key) ? key
        : throw new OAuthException($"The {what} was encrypted with the key '{id}', which this node has not: add DecryptWith(\"{id}\", …).");

    private static OAuthException Refused(string what, Exception? inner) =>
        new($"The {what} cannot be decrypted: another key bears the same name, or its row was changed from outside.", inner);
}
