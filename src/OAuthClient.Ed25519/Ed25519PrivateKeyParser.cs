using System.Buffers.Text;
using System.Formats.Asn1;
using System.Text.Json;

namespace OAuthClient.Ed25519;

/// <summary>Parses Ed25519 private keys: PEM without a passphrase (RFC 8410 §7), or a private JWK (RFC 8037 §2).</summary>
internal static class Ed25519PrivateKeyParser
{
    private const int Length = 32;

    /// <summary>Parses a key.</summary>
    /// <param name="text">The PEM or the JWK.</param>
    /// <returns>The private key, and what a JWK states beside it.</returns>
    /// <exception cref="FormatException">The text is not an Ed25519 key. The message does not contain the key.</exception>
    public static (byte[] PrivateKey, string? Algorithm, string? KeyId, byte[]? PublicKey) Parse(string text) =>
        text.AsSpan().TrimStart().StartsWith("{") ? ParseJwk(text) : (ParsePem(text), null, null, null);

    /// <summary>
    /// Returns the required members of the public JWK in lexicographic order, as RFC 7638 §3.2 hashes them (RFC 8037 §2).
    /// </summary>
    public static string PublicJwk(byte[] publicKey) => $$"""{"crv":"Ed25519","kty":"OKP","x":"{{Base64Url.EncodeToString(publicKey)}}"}""";

    private static byte[] ParsePem(string text)
    {
        try
        {
            if (Pkcs8Pem.TryRead(text) is (Pkcs8Pem.Ed25519, var encoded))
            {
                // The key is an octet string of its own (RFC 8410 §7).
                var reader = new AsnReader(encoded, AsnEncodingRules.BER);
                byte[] key = reader.ReadOctetString();
                reader.ThrowIfNotEmpty();
                if (key.Length == Length)
                    return key;
            }
        }
        catch (AsnContentException)
        {
            // The message below says what is expected.
        }
        throw Malformed();
    }

    private static (byte[], string?, string?, byte[]?) ParseJwk(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new() { AllowDuplicateProperties = false });
            var jwk = document.RootElement;
            if (Text(jwk, "kty") == "OKP" && Text(jwk, "crv") == "Ed25519")
                return (Bytes(jwk, "d"), Text(jwk, "alg"), Text(jwk, "kid"), Bytes(jwk, "x"));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The message of the framework may quote the key.
        }
        throw Malformed();
    }

    // InvalidOperationException for another type than a string.
    private static string? Text(JsonElement jwk, string name) => jwk.TryGetProperty(name, out var member) ? member.GetString() : null;

    private static byte[] Bytes(JsonElement jwk, string name) =>
        Text(jwk, name) is { } encoded && Base64Url.IsValid(encoded) && Base64Url.DecodeFromChars(encoded) is { Length: Length } bytes
            ? bytes
            : throw Malformed();

    private static FormatException Malformed() =>
        new(
            "The key is neither an Ed25519 private key as PEM without a passphrase (-----BEGIN PRIVATE KEY-----) nor a private JWK with "
                + "kty OKP, crv Ed25519, d and x of 32 bytes."
        );
}
