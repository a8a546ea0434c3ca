using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Finds the key that a JWT's content was encrypted with (RFC 7518 §4), by a private key of the client's. Neither RSA1_5, whose padding tells
/// too much, nor passwords and shared keys, which would let whoever sends the token decide how long we calculate.
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

    /// <returns><see langword="null"/> when this key cannot have been meant, or its content key is not whole.</returns>
    /// <exception cref="CryptographicException">The same.</exception>
    public static byte[]? TryFind(JsonElement header, string algorithm, string encryption, byte[] encryptedKey, DecryptionKey key)
    {
        int length = JweContentDecryption.KeyLength(encryption);
        if (algorithm.StartsWith("RSA", StringComparison.Ordinal))
            return key.Curve is null ? Decrypted(algorithm, encryptedKey, key, length) : null;
        if (key.Curve is null)
            return null;
        int wrapping = algorithm switch
        {
            "ECDH-ES+A128KW" => 16,
            "ECDH-ES+A192KW" => 24,
            "ECDH-ES+A256KW" => 32,
            _ => 0,
        };
        if (wrapping == 0)
            return encryptedKey.Length == 0 ? Agreed(header, encryption, length, key) : null;
        return Agreed(header, algorithm, wrapping, key) is { } wrappingKey ? Unwrapped(encryptedKey, wrappingKey) : null;
    }

    // RFC 7516 §11.5: with a random key in place of one that does not decrypt, all goes on as if it had.
    private static byte[] Decrypted(string algorithm, byte[] encryptedKey, DecryptionKey key, int length)
    {
        byte[] instead = RandomNumberGenerator.GetBytes(length);
        using var rsa = key.OpenRsa();
        try
        {
            byte[] decrypted = rsa.Decrypt(
                encryptedKey,
                algorithm == "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256
            );
            return decrypted.Length == length ? decrypted : instead;
        }
        catch (CryptographicException)
        {
            return instead;
        }
    }

    // RFC 7518 §4.6: the sender's ephemeral key and ours, by the concatenation KDF of NIST SP 800-56A §5.8.1.
    private static byte[]? Agreed(JsonElement header, string use, int length, DecryptionKey key)
    {
        if (
            !header.TryGetProperty("epk", out var ephemeral)
            || ephemeral.ValueKind != JsonValueKind.Object
            || ephemeral.Text("kty") != "EC"
            || ephemeral.Text("crv") != key.Curve
        )
        {
            return null;
        }
        using var own = key.OpenEc();
        var parameters = new ECParameters
        {
            Curve = own.ExportParameters(includePrivateParameters: false).Curve,
            Q = new() { X = Bytes(ephemeral, "x"), Y = Bytes(ephemeral, "y") },
        };
        // A point that is not on the curve, which would betray the private key bit by bit, is refused here.
        using var sender = ECDiffieHellman.Create(parameters);
        byte[] bits = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bits, length * 8);
        byte[] info =
        [
            .. Prefixed(Encoding.ASCII.GetBytes(use)),
            .. Prefixed(Bytes(header, "apu")),
            .. Prefixed(Bytes(header, "apv")),
            .. bits,
        ];
        var agreed = new List<byte>(64);
        for (byte round = 1; agreed.Count < length; round++)
            agreed.AddRange(own.DeriveKeyFromHash(sender.PublicKey, HashAlgorithmName.SHA256, [0, 0, 0, round], info));
        return [.. agreed[..length]];
    }

    // RFC 3394 §2.2.2
    private static byte[]? Unwrapped(byte[] wrapped, byte[] wrappingKey)
    {
        if (wrapped.Length < 24 || wrapped.Length > 72 || wrapped.Length % 8 != 0)
            return null;
        using var aes = Aes.Create();
        aes.Key = wrappingKey;
        int blocks = (wrapped.Length / 8) - 1;
        byte[] register = wrapped[..8];
        byte[] key = wrapped[8..];
        byte[] block = new byte[16];
        for (int step = 6 * blocks; step > 0; step--)
        {
            int at = (step - 1) % blocks * 8;
            BinaryPrimitives.WriteInt64BigEndian(block, BinaryPrimitives.ReadInt64BigEndian(register) ^ step);
            key.AsSpan(at, 8).CopyTo(block.AsSpan(8));
            byte[] open = aes.DecryptEcb(block, PaddingMode.None);
            open.AsSpan(0, 8).CopyTo(register);
            open.AsSpan(8).CopyTo(key.AsSpan(at));
        }
        return CryptographicOperations.FixedTimeEquals(register, [0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6]) ? key : null;
    }

    private static byte[] Bytes(JsonElement json, string name) => json.Text(name) is { } encoded ? Base64Url.DecodeFromChars(encoded) : [];

    private static byte[] Prefixed(byte[] bytes)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. length, .. bytes];
    }
}
