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
    // The length is that of a coordinate in bytes.
    private static readonly (string Name, ECCurve Curve, int Length)[] Curves =
    [
        ("P-256", ECCurve.NamedCurves.nistP256, 32),
        ("P-384", ECCurve.NamedCurves.nistP384, 48),
        ("P-521", ECCurve.NamedCurves.nistP521, 66),
    ];

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
        return TryRead(text)
            ?? throw new FormatException(
                "is neither a private RSA or EC key as PEM without a passphrase (-----BEGIN PRIVATE KEY-----) nor a private JWK with all "
                    + "its members (for RSA also p, q, dp, dq and qi)"
            );
    }

    public RSA OpenRsa() => (RSA)Open(text.Reveal());

    public ECDiffieHellman OpenEc() => (ECDiffieHellman)Open(text.Reveal());

    /// <summary>
    /// Creates the public JWK with which the server encrypts (RFC 7517 §4). Without a key identifier, <c>kid</c> is the thumbprint (RFC
    /// 7638).
    /// </summary>
    public JsonObject PublicJwk()
    {
        var jwk = PublicMembers();
        // RFC 7638 §3.2: the thumbprint is computed over the required members in lexicographic order, the order of PublicMembers.
        string thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(jwk.ToJsonString())));
        (jwk["use"], jwk["kid"]) = ("enc", KeyId ?? thumbprint);
        if (Algorithm is not null)
            jwk["alg"] = Algorithm;
        return jwk;
    }

    private JsonObject PublicMembers()
    {
        if (Curve is null)
        {
            using var rsa = OpenRsa();
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            return new()
            {
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
                ["kty"] = "RSA",
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            };
        }
        using var ec = OpenEc();
        var point = ec.ExportParameters(includePrivateParameters: false).Q;
        return new()
        {
            ["crv"] = Curve,
            ["kty"] = "EC",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    private static DecryptionKey? TryRead(string text)
    {
        try
        {
            var jwk = Jwk(text);
            if (jwk?.Text("use") is { } use and not "enc")
                throw new FormatException(
                    $"has the use '{ServerTextSanitizer.Clean(use)}'; a key for decryption has the use \"enc\" or no use"
                );
            using var key = Open(text);
            if (key is RSA { KeySize: < 2048 })
                throw new FormatException("has fewer than 2048 bits (RFC 7518 §4.3)");
            return new(text, jwk, key is ECDiffieHellman ec ? CurveOf(ec.ExportParameters(includePrivateParameters: true)) : null);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or OAuthProtocolException)
        {
            // The framework's message may quote the malformed key.
            return null;
        }
    }

    private static AsymmetricAlgorithm Open(string text)
    {
        if (Jwk(text) is not { } jwk)
            return OpenPem(text);
        return jwk.Text("kty") switch
        {
            "RSA" => RSA.Create(RsaParameters(jwk)),
            "EC" => ECDiffieHellman.Create(EcParameters(jwk)),
            _ => throw new CryptographicException(),
        };
    }

    private static AsymmetricAlgorithm OpenPem(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            rsa.ExportParameters(includePrivateParameters: true);
            return rsa;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            rsa.Dispose();
        }
        var ec = ECDiffieHellman.Create();
        try
        {
            ec.ImportFromPem(pem);
            return ec;
        }
        catch
        {
            ec.Dispose();
            throw;
        }
    }

    private static JsonElement? Jwk(string text) =>
        text.AsSpan().TrimStart().StartsWith("{")
            ? StrictJson.TryParseObject(Encoding.UTF8.GetBytes(text)) ?? throw new CryptographicException()
            : null;

    private static RSAParameters RsaParameters(JsonElement jwk)
    {
        byte[] modulus = Number(jwk, "n", 0);
        int half = (modulus.Length + 1) / 2;
        return new()
        {
            Modulus = modulus,
            Exponent = Number(jwk, "e", 0),
            D = Number(jwk, "d", modulus.Length),
            P = Number(jwk, "p", half),
            Q = Number(jwk, "q", half),
            DP = Number(jwk, "dp", half),
            DQ = Number(jwk, "dq", half),
            InverseQ = Number(jwk, "qi", half),
        };
    }

    private static ECParameters EcParameters(JsonElement jwk)
    {
        var (name, curve, length) = Array.Find(Curves, known => known.Name == jwk.Text("crv"));
        if (name is null)
            throw new CryptographicException();
        return new()
        {
            Curve = curve,
            Q = new() { X = Number(jwk, "x", length), Y = Number(jwk, "y", length) },
            D = Number(jwk, "d", length),
        };
    }

    private static string CurveOf(ECParameters parameters) =>
        Array.Find(Curves, known => known.Curve.Oid.Value == parameters.Curve.Oid.Value).Name
        ?? throw new FormatException("is on a curve that is not supported; use P-256, P-384 or P-521");

    // RFC 7518 §6.3.1.1 omits leading zeros; the framework requires numbers of the key's length.
    private static byte[] Number(JsonElement jwk, string name, int length)
    {
        string encoded = jwk.Text(name) ?? throw new CryptographicException();
        byte[] bytes = Base64Url.IsValid(encoded) ? Base64Url.DecodeFromChars(encoded) : throw new CryptographicException();
        return bytes.Length >= length ? bytes : [.. new byte[length - bytes.Length], .. bytes];
    }
}
