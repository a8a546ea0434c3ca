using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// Decrypts the content of an encrypted JWT (RFC 7518 §5). Only authenticated encryption is supported; no plaintext is returned unless the
/// authentication tag is valid.
/// </summary>
internal static class JweContentDecryption
{
    public static readonly IReadOnlyList<string> Algorithms =
    [
        "A128CBC-HS256",
        "A192CBC-HS384",
        "A256CBC-HS512",
        "A128GCM",
        "A192GCM",
        "A256GCM",
    ];

    /// <summary>Returns the key length of the algorithm in bytes.</summary>
    public static int KeyLength(string algorithm) =>
        algorithm switch
        {
            "A128GCM" => 16,
            "A192GCM" => 24,
            "A192CBC-HS384" => 48,
            "A256CBC-HS512" => 64,
            _ => 32,
        };

    /// <summary>Decrypts the content.</summary>
    /// <returns>The plaintext, or <see langword="null"/> when the authentication tag is not valid.</returns>
    public static byte[]? TryDecrypt(string algorithm, byte[] key, byte[] nonce, byte[] ciphertext, byte[] tag, byte[] associatedData)
    {
        if (key.Length != KeyLength(algorithm))
            return null;
        return algorithm.EndsWith("GCM", StringComparison.Ordinal)
            ? TryDecryptGcm(key, nonce, ciphertext, tag, associatedData)
            : TryDecryptCbc(key, nonce, ciphertext, tag, associatedData);
    }

    private static byte[]? TryDecryptGcm(byte[] key, byte[] nonce, byte[] ciphertext, byte[] tag, byte[] associatedData)
    {
        // RFC 7518 §5.3. A shorter tag would be weaker.
        if (nonce.Length != 12 || tag.Length != 16)
            return null;
        using var gcm = new AesGcm(key, tag.Length);
        byte[] plaintext = new byte[ciphertext.Length];
        try
        {
            gcm.Decrypt(nonce, ciphertext, tag, plaintext, associatedData);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    // RFC 7518 §5.2.2: the first half of the key is the MAC key, the second half the encryption key.
    private static byte[]? TryDecryptCbc(byte[] key, byte[] vector, byte[] ciphertext, byte[] tag, byte[] associatedData)
    {
        int half = key.Length / 2;
        if (vector.Length != 16 || tag.Length != half)
            return null;
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, associatedData.Length * 8L);
        byte[] authenticated = [.. associatedData, .. vector, .. ciphertext, .. length];
        byte[] mac = half switch
        {
            16 => HMACSHA256.HashData(key.AsSpan(0, half), authenticated),
            24 => HMACSHA384.HashData(key.AsSpan(0, half), authenticated),
            _ => HMACSHA512.HashData(key.AsSpan(0, half), authenticated),
        };
        if (!CryptographicOperations.FixedTimeEquals(mac.AsSpan(0, half), tag))
            return null;
        using var aes = Aes.Create();
        aes.Key = key[half..];
        return aes.DecryptCbc(ciphertext, vector);
    }
}
