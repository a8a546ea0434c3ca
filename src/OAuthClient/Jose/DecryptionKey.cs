using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>A private key of the client that opens what was encrypted for it (RFC 7516 §5.2), as it is written in the options: PEM (RFC 7468) or a private JWK (RFC 7517).</summary>
internal sealed class DecryptionKey
{
    private readonly PrivateKey written;

    private DecryptionKey(string written, JsonElement? jwk, string? curve)
    {
        this.written = new(written);
        Curve = curve;
        KeyId = jwk?.Text("kid");
        Algorithm = jwk?.Text("alg");
    }

    /// <summary>Its name; one that is written as PEM has none, and is tried whichever the server asks for.</summary>
    public string? KeyId { get; }

    /// <summary>The one algorithm it is for, when it says so.</summary>
    public string? Algorithm { get; }

    /// <summary>Its curve, as <c>crv</c> names it (RFC 7518 §6.2.1.1); <see langword="null"/> for an RSA key.</summary>
    public string? Curve { get; }

    /// <exception cref="FormatException">It is no such key; the message says, in half a sentence, why.</exception>
    public static DecryptionKey Read(string? written)
    {
        if (string.IsNullOrWhiteSpace(written))
            throw new FormatException("is empty");
        return TryRead(written)
            ?? throw new FormatException(
                "is neither a private RSA or EC key as PEM without a passphrase (-----BEGIN PRIVATE KEY-----) nor a private JWK with all its members (for RSA also p, q, dp, dq and qi)"
            );
    }

    public RSA OpenRsa() => (RSA)Open(written.Reveal());

    public ECDiffieHellman OpenEc() => (ECDiffieHellman)Open(written.Reveal());

    /// <summary>What others need to encrypt for it (RFC 7517 §4). A key without a name is named by its thumbprint (RFC 7638).</summary>
    public JsonObject PublicJwk()
    {
        var jwk = PublicMembers();
        // §3.2: the required members in the order of their names, as they stand here.
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
            var numbers = rsa.ExportParameters(includePrivateParameters: false);
            return new()
            {
                ["e"] = Base64Url.EncodeToString(numbers.Exponent),
                ["kty"] = "RSA",
                ["n"] = Base64Url.EncodeToString(numbers.Modulus),
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

    private static DecryptionKey? TryRead(string written)
    {
        try
        {
            var jwk = Jwk(written);
            if (jwk?.Text("use") is { } use and not "enc")
                throw new FormatException(
                    $"is for another use ('{ServerTextSanitizer.Clean(use)}'); one for decryption has the use \"enc\", or none"
                );
            using var key = Open(written);
            if (key is RSA { KeySize: < 2048 })
                throw new FormatException("has fewer than 2048 bits (RFC 7518 §4.3)");
            return new(written, jwk, key is ECDiffieHellman ec ? CurveOf(ec.ExportParameters(includePrivateParameters: true)) : null);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or OAuthProtocolException)
        {
            // What the framework says of a malformed key could quote it.
            return null;
        }
    }

    private static AsymmetricAlgorithm Open(string written)
    {
        if (Jwk(written) is not { } jwk)
            return OpenPem(written);
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

    private static JsonElement? Jwk(string written) =>
        written.AsSpan().TrimStart().StartsWith("{")
            ? StrictJson.TryParseObject(Encoding.UTF8.GetBytes(written)) ?? throw new CryptographicException()
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
        var (curve, length) = jwk.Text("crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            _ => throw new CryptographicException(),
        };
        return new()
        {
            Curve = curve,
            Q = new() { X = Number(jwk, "x", length), Y = Number(jwk, "y", length) },
            D = Number(jwk, "d", length),
        };
    }

    private static string CurveOf(ECParameters parameters) =>
        parameters.Curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => "P-256",
            "1.3.132.0.34" => "P-384",
            "1.3.132.0.35" => "P-521",
            _ => throw new FormatException("is on a curve that is not supported; use P-256, P-384 or P-521"),
        };

    // RFC 7518 §6.3.1.1 writes numbers without zeros in front; the framework wants them as long as the key.
    private static byte[] Number(JsonElement jwk, string name, int length)
    {
        string encoded = jwk.Text(name) ?? throw new CryptographicException();
        byte[] bytes = Base64Url.IsValid(encoded) ? Base64Url.DecodeFromChars(encoded) : throw new CryptographicException();
        return bytes.Length >= length ? bytes : [.. new byte[length - bytes.Length], .. bytes];
    }
}
