using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>
/// How grants are encrypted at rest. What was encrypted for one row is refused in another: the row's grant, client, owner and
/// generation are authenticated with it, and compared after whatever the application encrypts with.
/// </summary>
internal sealed class GrantProtection
{
    private const byte ByKey = 1;
    private const byte ByApplication = 2;

    private readonly Dictionary<string, EncryptionKey> keys;
    private readonly EncryptionKey? encrypting;
    private readonly (Func<byte[], byte[]> Protect, Func<byte[], byte[]> Unprotect)? application;

    public GrantProtection(PostgresGrantStoreOptions options)
    {
        keys = options.Keys.ToDictionary(key => key.Id, key => new EncryptionKey(key.Id, key.Key!), StringComparer.Ordinal);
        application = options.Protection;
        encrypting = application is null ? keys[options.Keys.Single(key => key.Encrypts).Id] : null;
    }

    public byte[] Protect(Grant grant) => grant.Protect(plain => encrypting is null
        ? [ByApplication, .. application!.Value.Protect(plain)]
        : [ByKey, .. encrypting.Encrypt(plain, GrantPlace.Of(grant).ToBytes())]);

    /// <exception cref="OAuthException">There is no key for it, or it was not encrypted for this row.</exception>
    public Grant Unprotect(byte[] content, GrantPlace place)
    {
        Grant grant;
        try
        {
            grant = Grant.Unprotect(content, Decrypted);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            throw Refused(place, exception);
        }
        return GrantPlace.Of(grant) == place ? grant : throw Refused(place, inner: null);

        byte[] Decrypted(byte[] _) => content switch
        {
            [ByKey, ..] => Key(content, place).Decrypt(content.AsSpan(1), place.ToBytes()),
            [ByApplication, ..] when application is { } theirs => theirs.Unprotect(content[1..]),
            [ByApplication, ..] => throw new OAuthException(
                $"The grant {place.Id} of {place.ClientName} was encrypted by functions of the application: give them with ProtectWith again."),
            _ => throw Refused(place, inner: null),
        };
    }

    private EncryptionKey Key(byte[] content, GrantPlace place) =>
        EncryptionKey.IdIn(content.AsSpan(1)) is not { } id ? throw Refused(place, inner: null)
        : keys.TryGetValue(id, out var key) ? key
        : throw new OAuthException($"The grant {place.Id} of {place.ClientName} was encrypted with the key '{id}', which this node has not: add DecryptWith(\"{id}\", …).");

    private static OAuthException Refused(GrantPlace place, Exception? inner) => new(
        $"The grant {place.Id} of {place.ClientName} cannot be decrypted: another key bears the same name, or its row was changed from outside.", inner);
}
