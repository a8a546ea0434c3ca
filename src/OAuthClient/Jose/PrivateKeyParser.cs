using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>
/// Parses private keys of the client: PEM without a passphrase (RFC 7468), or a private JWK (RFC 7517). The exceptions of the framework can
/// quote a malformed key, so callers replace them.
/// </summary>
internal static class PrivateKeyParser
{
    // The length is that of a coordinate in bytes.
    private static readonly (string Name, ECCurve Curve, int Length)[] Curves =
    [
        ("P-256", ECCurve.NamedCurves.nistP256, 32),
        ("P-384", ECCurve.NamedCurves.nistP384, 48),
        ("P-521", ECCurve.NamedCurves.nistP521, 66),
    ];

    /// <summary>Opens a key.</summary>
    /// <param name="text">The PEM or the JWK.</param>
    /// <param name="createEc">Creates the object of an EC key: for key agreement or for signatures.</param>
    /// <returns>An <see cref="RSA"/> object, or the object that <paramref name="createEc"/> created.</returns>
    /// <exception cref="CryptographicException">The text is not a supported key.</exception>
    /// <exception cref="ArgumentException">The text is not PEM.</exception>
    /// <exception cref="OAuthProtocolException">A member of the JWK has another type.</exception>
    public static AsymmetricAlgorithm Open(string text, Func<ECAlgorithm> createEc)
    {
        if (Jwk(text) is not { } jwk)
            return OpenPem(text, createEc);
        if (jwk.Text("kty") == "RSA")
            return RSA.Create(RsaParameters(jwk));
        if (jwk.Text("kty") != "EC")
            throw new CryptographicException();
        var ec = createEc();
        ec.ImportParameters(EcParameters(jwk));
        return ec;
    }

    /// <summary>Reads the JWK; <see langword="null"/> if the text is not a JSON object.</summary>
    /// <exception cref="CryptographicException">The text starts as a JSON object and is not one.</exception>
    public static JsonElement? Jwk(string text) =>
        text.AsSpan().TrimStart().StartsWith("{")
            ? StrictJson.TryParseObject(Encoding.UTF8.GetBytes(text)) ?? throw new CryptographicException()
            : null;

    /// <summary>
    /// Determines whether the text is a key for Ed25519 (RFC 8037 §2, RFC 8410 §7), which <see cref="Open"/> does not support.
    /// </summary>
    public static bool IsEd25519(string text) =>
        text.AsSpan().TrimStart().StartsWith("{")
            ? StrictJson.TryParseObject(Encoding.UTF8.GetBytes(text)) is { } jwk
                && jwk.TextIfAny("kty") == "OKP"
                && jwk.TextIfAny("crv") == "Ed25519"
            : Pkcs8Pem.TryRead(text)?.Algorithm == Pkcs8Pem.Ed25519;

    /// <summary>Returns why a text is no supported key, as a predicate that completes the caller's sentence.</summary>
    public static string FaultOf(string text) =>
        IsPath(text)
            ? "is the path of a file; set the content of the file, not its path"
            : "is neither a private RSA or EC key as PEM without a passphrase (-----BEGIN PRIVATE KEY-----) nor a private JWK with all "
                + "its members (for RSA also p, q, dp, dq and qi)";

    /// <summary>Returns the curve of a key as the value of <c>crv</c> (RFC 7518 §6.2.1.1); <see langword="null"/> for an RSA key.</summary>
    /// <exception cref="FormatException">The curve is not supported. The message completes the caller's sentence.</exception>
    public static string? CurveOf(AsymmetricAlgorithm key) =>
        key is not ECAlgorithm ec
            ? null
            : Array
                .Find(Curves, known => known.Curve.Oid.Value == ec.ExportParameters(includePrivateParameters: false).Curve.Oid.Value)
                .Name
                ?? throw new FormatException("is on a curve that is not supported; use P-256, P-384 or P-521");

    /// <summary>Returns the required members of the public JWK in lexicographic order, as RFC 7638 §3.2 hashes them.</summary>
    public static JsonObject PublicMembers(AsymmetricAlgorithm key)
    {
        if (key is RSA rsa)
        {
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            return new()
            {
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
                ["kty"] = "RSA",
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            };
        }
        var point = ((ECAlgorithm)key).ExportParameters(includePrivateParameters: false).Q;
        return new()
        {
            ["crv"] = CurveOf(key),
            ["kty"] = "EC",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    /// <summary>Computes the thumbprint of a public key (RFC 7638).</summary>
    /// <param name="publicJwk">The result of <see cref="PublicMembers"/> as text.</param>
    public static string Thumbprint(string publicJwk) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(publicJwk)));

    // Neither PEM nor a JWK is rooted, and the text of neither has an extension.
    private static bool IsPath(string text) =>
        !text.AsSpan().ContainsAny('\r', '\n', '{')
        && (Path.IsPathRooted(text) || text is ['~' or '.', ..] || Path.GetExtension(text) is { Length: > 1 and <= 5 });

    private static AsymmetricAlgorithm OpenPem(string pem, Func<ECAlgorithm> createEc)
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
        var ec = createEc();
        try
        {
            ec.ImportFromPem(pem);
            // Throws for a public key.
            ec.ExportParameters(includePrivateParameters: true);
            return ec;
        }
        catch
        {
            ec.Dispose();
            throw;
        }
    }

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

    // RFC 7518 §6.3.1.1 omits leading zeros; the framework requires numbers of the key's length.
    private static byte[] Number(JsonElement jwk, string name, int length)
    {
        string encoded = jwk.Text(name) ?? throw new CryptographicException();
        byte[] bytes = Base64Url.IsValid(encoded) ? Base64Url.DecodeFromChars(encoded) : throw new CryptographicException();
        return bytes.Length >= length ? bytes : [.. new byte[length - bytes.Length], .. bytes];
    }
}
