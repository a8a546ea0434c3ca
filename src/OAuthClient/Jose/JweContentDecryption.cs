using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

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
    /// <returns>The plaintext, or <see langword="null"/> when a length or the authentication tag is not valid.</returns>
    public static byte[]? TryDecrypt(string algorithm, byte[] key, byte[] nonce, byte[] ciphertext, byte[] tag, byte[] associatedData)
    {
        bool isGcm = algorithm.EndsWith("GCM", StringComparison.Ordinal);
        // RFC 7518 §5.2.2, §5.3. A shorter tag would be weaker.
        if (key.Length != KeyLength(algorithm) || nonce.Length != (isGcm ? 12 : 16) || tag.Length != (isGcm ? 16 : key.Length / 2))
            return null;
        try
        {
            return isGcm
                ? DecryptGcm(key, nonce, ciphertext, tag, associatedData)
                : DecryptCbc(algorithm, key, nonce, ciphertext, tag, associatedData);
        }
        catch (Exception exception) when (exception is AuthenticationTagMismatchException or SecurityTokenDecryptionFailedException)
        {
            return null;
        }
    }

    // The provider of Microsoft.IdentityModel supports GCM only on Windows.
    private static byte[] DecryptGcm(byte[] key, byte[] nonce, byte[] ciphertext, byte[] tag, byte[] associatedData)
    {
        using var gcm = new AesGcm(key, tag.Length);
        byte[] plaintext = new byte[ciphertext.Length];
        gcm.Decrypt(nonce, ciphertext, tag, plaintext, associatedData);
        return plaintext;
    }

    private static byte[] DecryptCbc(string algorithm, byte[] key, byte[] nonce, byte[] ciphertext, byte[] tag, byte[] associatedData)
    {
        using var provider = new AuthenticatedEncryptionProvider(new SymmetricSecurityKey(key), algorithm);
        return provider.Decrypt(ciphertext, associatedData, nonce, tag);
    }
}
