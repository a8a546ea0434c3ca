using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OAuthClient;

/// <summary>
/// Encrypts with AES-256-GCM and a key that is derived for each row. Each derived key encrypts the generations of one grant only, so that
/// random nonces of 96 bits are sufficient for any number of grants (NIST SP 800-38D §8.3). The format is: length of the key's id, the id,
/// nonce, ciphertext, tag.
/// </summary>
[DebuggerDisplay("{Id}")]
internal sealed partial class EncryptionKey(string id, string base64)
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    // Extracted once, because only the expansion depends on the row (RFC 5869 §2).
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] key = HKDF.Extract(HashAlgorithmName.SHA256, Convert.FromBase64String(base64), salt: []);

    public string Id => id;

    public static bool IsId(string? id) => id is not null && Name().IsMatch(id);

    public static bool IsKey(string base64)
    {
        Span<byte> bytes = stackalloc byte[KeyLength + 1];
        return Convert.TryFromBase64String(base64, bytes, out int length) && length == KeyLength;
    }

    /// <returns>The id of the key that encrypted the content; <see langword="null"/> if the format is unknown.</returns>
    public static string? IdIn(ReadOnlySpan<byte> encrypted)
    {
        if (encrypted.Length == 0 || encrypted.Length < 1 + encrypted[0] + NonceLength + TagLength)
            return null;
        string id = Encoding.ASCII.GetString(encrypted.Slice(1, encrypted[0]));
        return IsId(id) ? id : null;
    }

    public byte[] Encrypt(byte[] plain, byte[] context)
    {
        int header = 1 + id.Length;
        byte[] encrypted = new byte[header + NonceLength + plain.Length + TagLength];
        encrypted[0] = (byte)id.Length;
        Encoding.ASCII.GetBytes(id, encrypted.AsSpan(1));
        var nonce = encrypted.AsSpan(header, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = Cipher(context);
        cipher.Encrypt(nonce, plain, encrypted.AsSpan(header + NonceLength, plain.Length), encrypted.AsSpan(^TagLength..), context);
        return encrypted;
    }

    /// <exception cref="CryptographicException">Another key, another context, or not what was encrypted.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> encrypted, byte[] context)
    {
        var content = encrypted[(1 + id.Length)..];
        byte[] plain = new byte[content.Length - NonceLength - TagLength];
        using var cipher = Cipher(context);
        cipher.Decrypt(content[..NonceLength], content[NonceLength..^TagLength], content[^TagLength..], plain, context);
        return plain;
    }

    private AesGcm Cipher(byte[] context)
    {
        Span<byte> derived = stackalloc byte[KeyLength];
        HKDF.Expand(HashAlgorithmName.SHA256, key, derived, context);
        try
        {
            return new(derived, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
