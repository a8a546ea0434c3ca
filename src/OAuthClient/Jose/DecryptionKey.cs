using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>
/// A private key of the client that decrypts JWTs (RFC 7516 §5.2). The options hold it as PEM (RFC 7468) or as a private JWK (RFC 7517).
/// </summary>
internal sealed class DecryptionKey
{
    private readonly PrivateKey text;

    private DecryptionKey(string text, JsonElement? jwk, string? curve)
    {
        this.text = new(text);
        Curve = curve;
        KeyId = jwk?.Text("kid");
        Algorithm = jwk?.Text("alg");
    }

    /// <summary>Gets the key identifier. A PEM key has none and is tried for every <c>kid</c>.</summary>
    public string? KeyId { get; }

    /// <summary>Gets the only algorithm that the key may be used with; <see langword="null"/> when the key does not restrict it.</summary>
    public string? Algorithm { get; }

    /// <summary>Gets the curve as the value of <c>crv</c> (RFC 7518 §6.2.1.1); <see langword="null"/> for an RSA key.</summary>
    public string? Curve { get; }

    /// <summary>Parses a key.</summary>
    /// <exception cref="FormatException">
    /// The text is not a supported key. The message is a predicate that completes the caller's sentence.
    /// </exception>
    public static DecryptionKey Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new FormatException("is empty");
        return TryRead(text) ?? throw new FormatException(PrivateKeyParser.FaultOf(text));
    }

    public RSA OpenRsa() => (RSA)Open();

    public ECDiffieHellman OpenEc() => (ECDiffieHellman)Open();

    /// <summary>
    /// Creates the public JWK with which the server encrypts (RFC 7517 §4). Without a key identifier, <c>kid</c> is the thumbprint (RFC
    /// 7638).
    /// </summary>
    public JsonObject PublicJwk()
    {
        using var key = Open();
        var jwk = PrivateKeyParser.PublicMembers(key);
        (jwk["use"], jwk["kid"]) = ("enc", KeyId ?? PrivateKeyParser.Thumbprint(jwk.ToJsonString()));
        if (Algorithm is not null)
            jwk["alg"] = Algorithm;
        return jwk;
    }

    private static DecryptionKey? TryRead(string text)
    {
        try
        {
            var jwk = PrivateKeyParser.Jwk(text);
            if (jwk?.Text("use") is { } use and not "enc")
                throw new FormatException(
                    $"has the use '{ServerTextSanitizer.Clean(use)}'; a key for decryption has the use \"enc\" or no use"
                );
            using var key = PrivateKeyParser.Open(text, ECDiffieHellman.Create);
            if (key is RSA { KeySize: < 2048 })
                throw new FormatException("has fewer than 2048 bits (RFC 7518 §4.3)");
            return new(text, jwk, PrivateKeyParser.CurveOf(key));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or OAuthProtocolException)
        {
            // The framework's message may quote the malformed key.
            return null;
        }
    }

    private AsymmetricAlgorithm Open() => PrivateKeyParser.Open(text.Reveal(), ECDiffieHellman.Create);
}
