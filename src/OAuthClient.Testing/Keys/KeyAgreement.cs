using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Elliptic Curve Diffie-Hellman key agreement with an ephemeral key (RFC 7518 §4.6).</summary>
internal static class KeyAgreement
{
    /// <summary>Adds the ephemeral public key to the header and returns the content key and the encrypted key.</summary>
    public static (byte[] ContentKey, byte[] EncryptedKey) Agree(
        JsonObject header,
        string algorithm,
        string contentAlgorithm,
        int length,
        JsonObject recipient
    )
    {
        ECCurve curve = Curve((string?)recipient["crv"]);
        using ECDiffieHellman recipientEcdh = ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = curve,
                Q = new ECPoint { X = JsonWebKeyMember.Read(recipient, "x"), Y = JsonWebKeyMember.Read(recipient, "y") },
            }
        );
        using ECDiffieHellman senderEcdh = ECDiffieHellman.Create(curve);
        ECPoint point = senderEcdh.ExportParameters(includePrivateParameters: false).Q;
        header["epk"] = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = recipient["crv"]!.DeepClone(),
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
        using ECDiffieHellmanPublicKey recipientKey = recipientEcdh.PublicKey;
        byte[] sharedSecret = senderEcdh.DeriveRawSecretAgreement(recipientKey);
        if (algorithm is "ECDH-ES")
            return (Derive(sharedSecret, contentAlgorithm, length), []);
        byte[] contentKey = RandomNumberGenerator.GetBytes(length);
        int wrappingLength = algorithm switch
        {
            "ECDH-ES+A128KW" => 16,
            "ECDH-ES+A192KW" => 24,
            _ => 32,
        };
        return (contentKey, Wrap(Derive(sharedSecret, algorithm, wrappingLength), contentKey));
    }

    /// <summary>Derives a key with the Concat KDF; PartyUInfo and PartyVInfo are empty (RFC 7518 §4.6.2).</summary>
    private static byte[] Derive(byte[] sharedSecret, string algorithm, int length)
    {
        byte[] name = Encoding.ASCII.GetBytes(algorithm);
        byte[] otherInfo = [.. Number(name.Length), .. name, .. Number(0), .. Number(0), .. Number(length * 8)];
        List<byte> derived = [];
        for (int round = 1; derived.Count < length; round++)
            derived.AddRange(SHA256.HashData([.. Number(round), .. sharedSecret, .. otherInfo]));
        return [.. derived.Take(length)];
    }

    /// <summary>Wraps a key with AES Key Wrap (RFC 3394 §2.2.1).</summary>
    private static byte[] Wrap(byte[] wrappingKey, byte[] key)
    {
        using Aes aes = Aes.Create();
        aes.Key = wrappingKey;
        int blocks = key.Length / 8;
        byte[] wrapped = [.. Enumerable.Repeat((byte)0xA6, 8), .. key];
        for (int step = 0; step < 6 * blocks; step++)
        {
            int offset = 8 * (1 + (step % blocks));
            byte[] block = aes.EncryptEcb([.. wrapped[..8], .. wrapped[offset..(offset + 8)]], PaddingMode.None);
            block.AsSpan(8).CopyTo(wrapped.AsSpan(offset));
            BinaryPrimitives.WriteUInt64BigEndian(wrapped, BinaryPrimitives.ReadUInt64BigEndian(block) ^ (ulong)(step + 1));
        }

        return wrapped;
    }

    private static ECCurve Curve(string? name) =>
        name switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => throw new CryptographicException($"The curve {name} is not supported."),
        };

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
