using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>
/// Determines the content encryption key of a JWT with a private key of the client (RFC 7518 §4). RSA1_5 is not supported because of
/// padding oracle attacks. PBES2 is not supported because the sender of the token chooses its iteration count.
/// </summary>
internal static class JweKeyDecryption
{
    public static readonly IReadOnlyList<string> Algorithms =
    [
        "RSA-OAEP",
        "RSA-OAEP-256",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A192KW",
        "ECDH-ES+A256KW",
    ];

    /// <summary>Determines the content encryption key.</summary>
    /// <returns>
    /// The key, or <see langword="null"/> when <paramref name="key"/> does not fit the header or the key cannot be unwrapped.
    /// </returns>
    /// <exception cref="CryptographicException">The encrypted key or the ephemeral key is malformed.</exception>
    public static byte[]? TryFind(JsonElement header, string algorithm, string encryption, byte[] encryptedKey, DecryptionKey key)
    {
        int length = JweContentDecryption.KeyLength(encryption);
        if (algorithm.StartsWith("RSA", StringComparison.Ordinal))
            return key.Curve is null ? Decrypt(algorithm, encryptedKey, key, length) : null;
        if (key.Curve is null)
            return null;
        int wrappingLength = algorithm switch
        {
            "ECDH-ES+A128KW" => 16,
            "ECDH-ES+A192KW" => 24,
            "ECDH-ES+A256KW" => 32,
            _ => 0,
        };
        if (wrappingLength == 0)
            return encryptedKey.Length == 0 ? TryAgree(header, encryption, length, key) : null;
        return TryAgree(header, algorithm, wrappingLength, key) is { } wrappingKey
            ? TryUnwrap(encryptedKey, wrappingKey, algorithm["ECDH-ES+".Length..])
            : null;
    }

    // RFC 7516 §11.5: a random key replaces a key that does not decrypt, so the caller fails later, at the authentication tag.
    private static byte[] Decrypt(string algorithm, byte[] encryptedKey, DecryptionKey key, int length)
    {
        byte[] randomKey = RandomNumberGenerator.GetBytes(length);
        using var rsa = key.OpenRsa();
        try
        {
            byte[] decrypted = rsa.Decrypt(
                encryptedKey,
                algorithm == "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256
            );
            return decrypted.Length == length ? decrypted : randomKey;
        }
        catch (CryptographicException)
        {
            return randomKey;
        }
    }

    // RFC 7518 §4.6: derives a key from the sender's ephemeral key and the client's key with the Concat KDF (NIST SP 800-56A §5.8.1).
    private static byte[]? TryAgree(JsonElement header, string use, int length, DecryptionKey key)
    {
        var ephemeral = header.Member("epk");
        if (ephemeral.ValueKind != JsonValueKind.Object || ephemeral.Text("kty") != "EC" || ephemeral.Text("crv") != key.Curve)
            return null;
        using var clientKey = key.OpenEc();
        var parameters = new ECParameters
        {
            Curve = clientKey.ExportParameters(includePrivateParameters: false).Curve,
            Q = new() { X = Bytes(ephemeral, "x"), Y = Bytes(ephemeral, "y") },
        };
        // Rejects a point that is not on the curve, which would reveal the private key (invalid curve attack).
        using var sender = ECDiffieHellman.Create(parameters);
        byte[] info =
        [
            .. Prefixed(Encoding.ASCII.GetBytes(use)),
            .. Prefixed(Bytes(header, "apu")),
            .. Prefixed(Bytes(header, "apv")),
            .. BigEndian(length * 8),
        ];
        var derived = new List<byte>(64);
        for (byte round = 1; derived.Count < length; round++)
            derived.AddRange(clientKey.DeriveKeyFromHash(sender.PublicKey, HashAlgorithmName.SHA256, [0, 0, 0, round], info));
        return [.. derived[..length]];
    }

    // RFC 3394 §2.2.2
    private static byte[]? TryUnwrap(byte[] wrapped, byte[] wrappingKey, string algorithm)
    {
        if (wrapped.Length < 24 || wrapped.Length > 72 || wrapped.Length % 8 != 0)
            return null;
        try
        {
            using var provider = new SymmetricKeyWrapProvider(new SymmetricSecurityKey(wrappingKey), algorithm);
            return provider.UnwrapKey(wrapped);
        }
        catch (SecurityTokenKeyWrapException)
        {
            return null;
        }
    }

    private static byte[] Bytes(JsonElement json, string name) => json.Text(name) is { } encoded ? Base64Url.DecodeFromChars(encoded) : [];

    private static byte[] Prefixed(byte[] bytes) => [.. BigEndian(bytes.Length), .. bytes];

    private static byte[] BigEndian(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
