using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Verifies and decrypts the tokens of the server independently of the library.</summary>
internal static class Jose
{
    public static JsonObject Header(string token) => Part(token, 0);

    public static JsonObject Claims(string token) => Part(token, 1);

    /// <summary>Returns the keys of a key set that verify a token, regardless of their identifiers.</summary>
    public static IReadOnlyList<JsonObject> KeysThatVerify(string token, JsonArray keys) =>
        [.. keys.Select(key => key!.AsObject()).Where(key => Verifies(token, key))];

    public static bool Verifies(string token, JsonObject key)
    {
        string algorithm = (string)Header(token)["alg"]!;
        (byte[] input, byte[] signature) = Signed(token);
        HashAlgorithmName hash = Hash(algorithm);
        switch ((string?)key["kty"])
        {
            case "EC" when algorithm.StartsWith('E'):
                using (ECDsa ecdsa = ECDsa.Create(Point(key)))
                    return ecdsa.VerifyData(input, signature, hash);
            case "RSA" when algorithm is ['R' or 'P', ..]:
                using (RSA rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }))
                    return rsa.VerifyData(
                        input,
                        signature,
                        hash,
                        algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1
                    );
            default:
                return false;
        }
    }

    public static string Pem(JsonObject key)
    {
        using RSA rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") });
        return rsa.ExportSubjectPublicKeyInfoPem();
    }

    public static bool VerifiesHmac(string token, byte[] key)
    {
        (byte[] input, byte[] signature) = Signed(token);
        return signature.AsSpan().SequenceEqual(HMACSHA256.HashData(key, input));
    }

    public static HashAlgorithmName Hash(string algorithm) => new("SHA" + algorithm[^3..]);

    /// <summary>Decrypts a compact JWE with the recipient's private key (RFC 7516 §5.2).</summary>
    public static string Decrypt(string token, AsymmetricAlgorithm key)
    {
        string[] parts = token.Split('.');
        byte[][] pieces = [.. parts.Select(part => Base64Url.DecodeFromChars(part))];
        JsonObject header = Header(token);
        string content = (string)header["enc"]!;
        byte[] contentKey = key is RSA rsa
            ? rsa.Decrypt(pieces[1], (string?)header["alg"] is "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256)
            : AgreeOnKey((ECDiffieHellman)key, header, pieces[1]);
        byte[] additional = Encoding.ASCII.GetBytes(parts[0]);
        byte[] plaintext = new byte[pieces[3].Length];
        if (content.EndsWith("GCM", StringComparison.Ordinal))
        {
            using AesGcm gcm = new(contentKey, 16);
            gcm.Decrypt(pieces[2], pieces[3], pieces[4], plaintext, additional);
            Assert.That(contentKey, Has.Length.EqualTo(int.Parse(content.AsSpan(1, 3), null) / 8));
            return Encoding.UTF8.GetString(plaintext);
        }

        int half = int.Parse(content.AsSpan(1, 3), null) / 8;
        Assert.That(contentKey, Has.Length.EqualTo(2 * half));
        byte[] length = BitConverter.GetBytes((long)additional.Length * 8);
        Array.Reverse(length);
        using IncrementalHash mac = IncrementalHash.CreateHMAC(Hash(content), contentKey.AsSpan(0, half));
        foreach (byte[] piece in new[] { additional, pieces[2], pieces[3], length })
            mac.AppendData(piece);
        Assert.That(pieces[4], Is.EqualTo(mac.GetHashAndReset()[..half]), "the tag of AES-CBC with HMAC (RFC 7518 §5.2.2.2)");
        using Aes aes = Aes.Create();
        aes.Key = contentKey[half..];
        return Encoding.UTF8.GetString(aes.DecryptCbc(pieces[3], pieces[2]));
    }

    public static JsonObject PublicKey(AsymmetricAlgorithm key, string use = "enc")
    {
        if (key is RSA rsa)
        {
            RSAParameters parameters = rsa.ExportParameters(false);
            return new()
            {
                ["kty"] = "RSA",
                ["use"] = use,
                ["kid"] = "client-key",
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            };
        }

        ECPoint point = ((ECAlgorithm)key).ExportParameters(false).Q;
        return new()
        {
            ["kty"] = "EC",
            ["use"] = use,
            ["kid"] = "client-key",
            ["crv"] = "P-" + key.KeySize,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    private static byte[] AgreeOnKey(ECDiffieHellman recipientEcdh, JsonObject header, byte[] encryptedKey)
    {
        string algorithm = (string)header["alg"]!;
        using ECDiffieHellman senderEcdh = ECDiffieHellman.Create(Point(header["epk"]!.AsObject()));
        byte[] shared = recipientEcdh.DeriveRawSecretAgreement(senderEcdh.PublicKey);
        string content = (string)header["enc"]!;
        int bits = int.Parse(content.AsSpan(1, 3), null) * (content.Contains("CBC", StringComparison.Ordinal) ? 2 : 1);
        return algorithm is "ECDH-ES"
            ? DeriveKey(shared, content, bits)
            : UnwrapKey(DeriveKey(shared, algorithm, int.Parse(algorithm.AsSpan(9, 3), null)), encryptedKey);
    }

    // RFC 7518 §4.6.2: Concat KDF with SHA-256; PartyUInfo and PartyVInfo are empty.
    private static byte[] DeriveKey(byte[] shared, string name, int bits)
    {
        using MemoryStream derived = new();
        for (byte counter = 1; derived.Length * 8 < bits; counter++)
            derived.Write(
                SHA256.HashData([
                    0,
                    0,
                    0,
                    counter,
                    .. shared,
                    0,
                    0,
                    0,
                    (byte)name.Length,
                    .. Encoding.ASCII.GetBytes(name),
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    (byte)(bits >> 8),
                    (byte)bits,
                ])
            );
        return derived.ToArray()[..(bits / 8)];
    }

    // RFC 3394 §2.2.2
    private static byte[] UnwrapKey(byte[] wrappingKey, byte[] wrapped)
    {
        using Aes aes = Aes.Create();
        aes.Key = wrappingKey;
        int blocks = (wrapped.Length / 8) - 1;
        byte[] first = wrapped[..8];
        byte[][] rest = [.. wrapped[8..].Chunk(8)];
        for (int round = 5; round >= 0; round--)
        {
            for (int block = blocks; block >= 1; block--)
            {
                first[7] ^= (byte)((blocks * round) + block);
                byte[] decrypted = aes.DecryptEcb([.. first, .. rest[block - 1]], PaddingMode.None);
                (first, rest[block - 1]) = (decrypted[..8], decrypted[8..]);
            }
        }

        Assert.That(first, Is.All.EqualTo(0xA6), "the check value of AES Key Wrap");
        return [.. rest.SelectMany(block => block)];
    }

    private static (byte[] Input, byte[] Signature) Signed(string token)
    {
        int dot = token.LastIndexOf('.');
        return (Encoding.ASCII.GetBytes(token[..dot]), Base64Url.DecodeFromChars(token.AsSpan(dot + 1)));
    }

    private static ECParameters Point(JsonObject key) =>
        new()
        {
            Curve = ECCurve.CreateFromFriendlyName("nistP" + ((string)key["crv"]!)[2..]),
            Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") },
        };

    private static byte[] Bytes(JsonObject key, string member) => Base64Url.DecodeFromChars((string)key[member]!);

    private static JsonObject Part(string token, int index) =>
        JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();
}
