using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>
/// Encrypts JWTs as a server does (RFC 7516 §5.1). It does not use the library's code, so that it does not repeat its defects.
/// </summary>
internal static class TestJwe
{
    public static string Encrypt(
        string content,
        AsymmetricAlgorithm recipient,
        string algorithm,
        string encryption,
        string? kid = null,
        Action<JsonObject>? header = null
    )
    {
        var head = new JsonObject { ["alg"] = algorithm, ["enc"] = encryption };
        if (kid is not null)
            head["kid"] = kid;
        byte[] contentKey = RandomNumberGenerator.GetBytes(KeyLength(encryption));
        byte[] encryptedKey = recipient switch
        {
            RSA rsa => rsa.Encrypt(contentKey, algorithm == "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256),
            ECDiffieHellman ec => Agree(ec, algorithm, encryption, head, ref contentKey),
            _ => [],
        };
        header?.Invoke(head);
        string first = TestKey.Encode(head.ToJsonString());
        var (vector, ciphertext, tag) = Seal(encryption, contentKey, Encoding.UTF8.GetBytes(content), Encoding.ASCII.GetBytes(first));
        return string.Join('.', first, Text(encryptedKey), Text(vector), Text(ciphertext), Text(tag));
    }

    public static int KeyLength(string encryption) =>
        encryption switch
        {
            "A128GCM" => 16,
            "A192GCM" => 24,
            "A256GCM" or "A128CBC-HS256" => 32,
            "A192CBC-HS384" => 48,
            _ => 64,
        };

    private static byte[] Agree(ECDiffieHellman recipient, string algorithm, string encryption, JsonObject head, ref byte[] contentKey)
    {
        var parameters = recipient.ExportParameters(includePrivateParameters: false);
        using var ephemeral = ECDiffieHellman.Create(parameters.Curve);
        var q = ephemeral.ExportParameters(includePrivateParameters: false).Q;
        head["epk"] = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = DecryptionKeyTexts.Curve(parameters),
            ["x"] = Text(q.X!),
            ["y"] = Text(q.Y!),
        };
        head["apu"] = TestKey.Encode("the server");
        head["apv"] = TestKey.Encode("the client");
        byte[] secret = ephemeral.DeriveRawSecretAgreement(recipient.PublicKey);
        if (algorithm == "ECDH-ES")
        {
            contentKey = Derive(secret, encryption, KeyLength(encryption));
            return [];
        }
        return Wrap(
            Derive(
                secret,
                algorithm,
                int.Parse(algorithm.AsSpan("ECDH-ES+A".Length, 3), System.Globalization.CultureInfo.InvariantCulture) / 8
            ),
            contentKey
        );
    }

    // NIST SP 800-56A §5.8.1, as profiled by RFC 7518 §4.6.2.
    private static byte[] Derive(byte[] secret, string use, int length)
    {
        byte[] info = [.. Counted(use), .. Counted("the server"), .. Counted("the client"), .. Number(length * 8)];
        return
        [
            .. SHA256.HashData([.. Number(1), .. secret, .. info]).Concat(SHA256.HashData([.. Number(2), .. secret, .. info])).Take(length),
        ];
    }

    // RFC 3394 §2.2.1
    private static byte[] Wrap(byte[] wrappingKey, byte[] key)
    {
        using var aes = Aes.Create();
        aes.Key = wrappingKey;
        ulong a = 0xA6A6A6A6A6A6A6A6;
        byte[][] r = [.. key.Chunk(8)];
        for (int j = 0; j <= 5; j++)
        {
            for (int i = 1; i <= r.Length; i++)
            {
                byte[] head = new byte[8];
                BinaryPrimitives.WriteUInt64BigEndian(head, a);
                byte[] b = aes.EncryptEcb([.. head, .. r[i - 1]], PaddingMode.None);
                a = BinaryPrimitives.ReadUInt64BigEndian(b) ^ (ulong)((r.Length * j) + i);
                r[i - 1] = b[8..];
            }
        }
        byte[] first = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(first, a);
        return [.. first, .. r.SelectMany(block => block)];
    }

    private static (byte[] Vector, byte[] Ciphertext, byte[] Tag) Seal(string encryption, byte[] key, byte[] plain, byte[] associated)
    {
        if (encryption.EndsWith("GCM", StringComparison.Ordinal))
        {
            byte[] nonce = RandomNumberGenerator.GetBytes(12);
            byte[] sealedText = new byte[plain.Length];
            byte[] mark = new byte[16];
            using AesGcm gcm = new(key, 16);
            gcm.Encrypt(nonce, plain, sealedText, mark, associated);
            return (nonce, sealedText, mark);
        }
        int half = key.Length / 2;
        byte[] vector = RandomNumberGenerator.GetBytes(16);
        using var aes = Aes.Create();
        aes.Key = key[half..];
        byte[] ciphertext = aes.EncryptCbc(plain, vector);
        byte[] authenticated = [.. associated, .. vector, .. ciphertext, .. Number(0), .. Number(associated.Length * 8)];
        byte[] mac = half switch
        {
            16 => HMACSHA256.HashData(key[..half], authenticated),
            24 => HMACSHA384.HashData(key[..half], authenticated),
            _ => HMACSHA512.HashData(key[..half], authenticated),
        };
        return (vector, ciphertext, mac[..half]);
    }

    private static byte[] Counted(string text) => [.. Number(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Number(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
