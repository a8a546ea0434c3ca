using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>The content of an encrypted JWT (RFC 7518 §5): authenticated encryption only, and nothing is decrypted before it is authenticated.</summary>
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

    /// <summary>How many bytes its key has.</summary>
    public static int KeyLength(string algorithm) =>
        algorithm switch
        {
            "A128GCM" => 16,
            "A192GCM" => 24,
            "A192CBC-HS384" => 48,
            "A256CBC-HS512" => 64,
            _ => 32,
        };

    /// <returns><see langword="null"/> when it is not authentic.</returns>
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
        // RFC 7518 §5.3. A shorter tag would be a weaker one.
        if (nonce.Length != 12 || tag.Length != 16)
            return null;
        using var gcm = new AesGcm(key, tag.Length);
        byte[] plain = new byte[ciphertext.Length];
        try
        {
            gcm.Decrypt(nonce, ciphertext, tag, plain, associatedData);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    // RFC 7518 §5.2.2: the first half of the key authenticates, the second encrypts.
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
