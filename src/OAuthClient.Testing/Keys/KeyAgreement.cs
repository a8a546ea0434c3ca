using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Elliptic Curve Diffie-Hellman with a key made for the occasion (RFC 7518 §4.6).</summary>
internal static class KeyAgreement
{
    /// <summary>Puts the sender's public key into the header, and gives the content key with what the recipient must be sent of it.</summary>
    public static (byte[] ContentKey, byte[] EncryptedKey) Agree(
        JsonObject header,
        string algorithm,
        string contentAlgorithm,
        int length,
        JsonObject recipient
    )
    {
        ECCurve curve = Curve((string?)recipient["crv"]);
        using ECDiffieHellman theirs = ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = curve,
                Q = new ECPoint { X = JsonWebKeyMember.Read(recipient, "x"), Y = JsonWebKeyMember.Read(recipient, "y") },
            }
        );
        using ECDiffieHellman ours = ECDiffieHellman.Create(curve);
        ECPoint point = ours.ExportParameters(includePrivateParameters: false).Q;
        header["epk"] = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = recipient["crv"]!.DeepClone(),
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
        using ECDiffieHellmanPublicKey theirKey = theirs.PublicKey;
        byte[] shared = ours.DeriveRawSecretAgreement(theirKey);
        if (algorithm is "ECDH-ES")
            return (Derive(shared, contentAlgorithm, length), []);
        byte[] contentKey = RandomNumberGenerator.GetBytes(length);
        int wrappingLength = algorithm switch
        {
            "ECDH-ES+A128KW" => 16,
            "ECDH-ES+A192KW" => 24,
            _ => 32,
        };
        return (contentKey, Wrap(Derive(shared, algorithm, wrappingLength), contentKey));
    }

    /// <summary>The Concat KDF, with empty PartyUInfo and PartyVInfo (RFC 7518 §4.6.2).</summary>
    private static byte[] Derive(byte[] shared, string algorithm, int length)
    {
        byte[] name = Encoding.ASCII.GetBytes(algorithm);
        byte[] otherwise = [.. Number(name.Length), .. name, .. Number(0), .. Number(0), .. Number(length * 8)];
        List<byte> derived = [];
        for (int round = 1; derived.Count < length; round++)
            derived.AddRange(SHA256.HashData([.. Number(round), .. shared, .. otherwise]));
        return [.. derived.Take(length)];
    }

    /// <summary>AES Key Wrap (RFC 3394 §2.2.1).</summary>
    private static byte[] Wrap(byte[] wrappingKey, byte[] key)
    {
        using Aes aes = Aes.Create();
        aes.Key = wrappingKey;
        int blocks = key.Length / 8;
        byte[] wrapped = [.. Enumerable.Repeat((byte)0xA6, 8), .. key];
        for (int step = 0; step < 6 * blocks; step++)
        {
            int at = 8 * (1 + (step % blocks));
            byte[] block = aes.EncryptEcb([.. wrapped[..8], .. wrapped[at..(at + 8)]], PaddingMode.None);
            block.AsSpan(8).CopyTo(wrapped.AsSpan(at));
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
            _ => throw new CryptographicException($"There is no curve {name} here."),
        };

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
