using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Encrypts to a client's public key in JWE compact serialization (RFC 7516 §5.1).</summary>
internal static class JsonWebEncryption
{
    public static IReadOnlyList<string> KeyAlgorithms { get; } =
    ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"];

    public static IReadOnlyList<string> ContentAlgorithms { get; } =
    ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"];

    /// <summary>Encrypts a plaintext.</summary>
    /// <param name="plaintext">The plaintext.</param>
    /// <param name="algorithm">The key management algorithm (<c>alg</c>, RFC 7518 §4.1).</param>
    /// <param name="contentAlgorithm">The content encryption algorithm (<c>enc</c>, RFC 7518 §5.1).</param>
    /// <param name="recipient">The public key of the recipient.</param>
    /// <param name="contentType">The content type, <c>JWT</c> for a nested JWT (RFC 7519 §5.2); otherwise, null.</param>
    public static string Encrypt(byte[] plaintext, string algorithm, string contentAlgorithm, JsonObject recipient, string? contentType)
    {
        JsonObject header = new() { ["alg"] = algorithm, ["enc"] = contentAlgorithm };
        if (contentType is not null)
            header["cty"] = contentType;
        if (recipient["kid"] is { } keyId)
            header["kid"] = keyId.DeepClone();
        (byte[] contentKey, byte[] encryptedKey) = algorithm.StartsWith("RSA", StringComparison.Ordinal)
            ? Transport(algorithm, KeyLength(contentAlgorithm), recipient)
            : KeyAgreement.Agree(header, algorithm, contentAlgorithm, KeyLength(contentAlgorithm), recipient);
        string protectedHeader = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()));
        byte[] authenticated = Encoding.ASCII.GetBytes(protectedHeader);
        (byte[] iv, byte[] ciphertext, byte[] tag) = contentAlgorithm.EndsWith("GCM", StringComparison.Ordinal)
            ? EncryptGcm(contentKey, plaintext, authenticated)
            : EncryptCbc(contentKey, plaintext, authenticated);
        return string.Join(
            '.',
            protectedHeader,
            Base64Url.EncodeToString(encryptedKey),
            Base64Url.EncodeToString(iv),
            Base64Url.EncodeToString(ciphertext),
            Base64Url.EncodeToString(tag)
        );
    }

    /// <summary>Returns the first key in a key set that is usable with the algorithm, or null if there is none.</summary>
    public static JsonObject? FindRecipient(JsonObject? keySet, string algorithm)
    {
        string keyType = algorithm.StartsWith("RSA", StringComparison.Ordinal) ? "RSA" : "EC";
        return (keySet?["keys"] as JsonArray)
            ?.OfType<JsonObject>()
            .FirstOrDefault(key =>
                (string?)key["kty"] == keyType
                && (string?)key["use"] is null or "enc"
                && ((string?)key["alg"] is not { } keyAlgorithm || keyAlgorithm == algorithm)
            );
    }

    /// <summary>Determines whether the key set contains a usable, valid key.</summary>
    public static bool CanEncrypt(JsonObject? keySet, string algorithm)
    {
        try
        {
            return FindRecipient(keySet, algorithm) is { } recipient
                && Encrypt([], algorithm, ContentAlgorithms[0], recipient, contentType: null) is not "";
        }
        catch (Exception exception)
            when (exception is FormatException or CryptographicException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Returns the length of the content key in bytes (RFC 7518 §5.1). Algorithms with CBC use two keys.</summary>
    private static int KeyLength(string contentAlgorithm) =>
        contentAlgorithm switch
        {
            "A128GCM" => 16,
            "A192GCM" => 24,
            "A256GCM" or "A128CBC-HS256" => 32,
            "A192CBC-HS384" => 48,
            _ => 64,
        };

    /// <summary>Encrypts a new content key with RSA-OAEP (RFC 7518 §4.3).</summary>
    private static (byte[] ContentKey, byte[] EncryptedKey) Transport(string algorithm, int length, JsonObject recipient)
    {
        byte[] contentKey = RandomNumberGenerator.GetBytes(length);
        using RSA rsa = RSA.Create(
            new RSAParameters { Modulus = JsonWebKeyMember.Read(recipient, "n"), Exponent = JsonWebKeyMember.Read(recipient, "e") }
        );
        return (
            contentKey,
            rsa.Encrypt(contentKey, algorithm is "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256)
        );
    }

    /// <summary>Encrypts with AES-GCM (RFC 7518 §5.3).</summary>
    private static (byte[] Iv, byte[] Ciphertext, byte[] Tag) EncryptGcm(byte[] key, byte[] plaintext, byte[] authenticated)
    {
        byte[] iv = RandomNumberGenerator.GetBytes(12);
        byte[] ciphertext = new byte[plaintext.Length];
        byte[] tag = new byte[16];
        using AesGcm aes = new(key, tag.Length);
        aes.Encrypt(iv, plaintext, ciphertext, tag, authenticated);
        return (iv, ciphertext, tag);
    }

    /// <summary>Encrypts with AES-CBC and HMAC (RFC 7518 §5.2.2). The first half of the key is the MAC key.</summary>
    private static (byte[] Iv, byte[] Ciphertext, byte[] Tag) EncryptCbc(byte[] key, byte[] plaintext, byte[] authenticated)
    {
        int half = key.Length / 2;
        byte[] iv = RandomNumberGenerator.GetBytes(16);
        using Aes aes = Aes.Create();
        aes.Key = key[half..];
        byte[] ciphertext = aes.EncryptCbc(plaintext, iv);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, authenticated.Length * 8L);
        HashAlgorithmName hash = half switch
        {
            16 => HashAlgorithmName.SHA256,
            24 => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        byte[] macInput = [.. authenticated, .. iv, .. ciphertext, .. length];
        byte[] mac = CryptographicOperations.HmacData(hash, key[..half], macInput);
        return (iv, ciphertext, mac[..half]);
    }
}
