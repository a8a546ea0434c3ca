using System.Formats.Asn1;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>Reads a private key in PEM without a passphrase (PKCS #8, RFC 7468 §10, RFC 5958 §2), whatever its algorithm.</summary>
internal static class Pkcs8Pem
{
    /// <summary>The object identifier of Ed25519 (RFC 8410 §3).</summary>
    public const string Ed25519 = "1.3.101.112";

    /// <summary>Reads the first private key.</summary>
    /// <param name="text">The PEM. It may hold other objects too.</param>
    /// <returns>
    /// The object identifier of the algorithm and the encoded key; <see langword="null"/> if there is no such key, or it is malformed.
    /// </returns>
    public static (string Algorithm, byte[] PrivateKey)? TryRead(string text)
    {
        string rest = text;
        while (PemEncoding.TryFind(rest, out var found))
        {
            if (rest[found.Label] == "PRIVATE KEY")
                return TryDecode(Convert.FromBase64String(rest[found.Base64Data]));
            rest = rest[found.Location.End..];
        }
        return null;
    }

    private static (string, byte[])? TryDecode(byte[] encoded)
    {
        try
        {
            var key = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence();
            // The version. Version 2 has the public key at the end, which follows from the private key.
            key.ReadInteger();
            return (key.ReadSequence().ReadObjectIdentifier(), key.ReadOctetString());
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
