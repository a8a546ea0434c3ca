using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Reads and verifies the JWTs that clients sign: assertions, request objects and proofs (RFC 7515 §5.2).</summary>
internal sealed class ReceivedJwt
{
    private readonly byte[] _input;
    private readonly byte[] _signature;

    private ReceivedJwt(JsonObject header, JsonObject claims, byte[] input, byte[] signature)
    {
        Header = header;
        Claims = claims;
        _input = input;
        _signature = signature;
    }

    public JsonObject Header { get; }

    public JsonObject Claims { get; }

    public string Algorithm => (string?)Header["alg"] ?? "";

    public string? Type => (string?)Header["typ"];

    /// <summary>Parses a JWT without verifying it.</summary>
    /// <exception cref="FormatException">The text is not a signed JWT.</exception>
    public static ReceivedJwt Parse(string text)
    {
        string[] parts = text.Split('.');
        if (parts.Length != 3)
            throw new FormatException("The JWT does not have three parts.");
        try
        {
            JsonNodeOptions strict = new();
            JsonDocumentOptions documents = new() { AllowDuplicateProperties = false };
            return new(
                JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]), strict, documents)!.AsObject(),
                JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]), strict, documents)!.AsObject(),
                Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]),
                Base64Url.DecodeFromChars(parts[2])
            );
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new FormatException("The header or the claims of the JWT are not a JSON object.", exception);
        }
    }

    /// <summary>Determines whether a public key verifies the signature.</summary>
    /// <param name="key">The JWK (RFC 7517 §4).</param>
    /// <param name="ed25519">The implementation of Ed25519; null without one.</param>
    public bool IsSignedBy(JsonObject key, ITestEd25519? ed25519)
    {
        if (
            !SignatureAlgorithm.Asymmetric(ed25519).Contains(Algorithm)
            || (key["use"] is { } use && (string?)use is not "sig")
            || (key["alg"] is { } algorithm && (string?)algorithm != Algorithm)
        )
            return false;
        if (SignatureAlgorithm.IsEd25519(Algorithm))
        {
            return (string?)key["kty"] is "OKP"
                && (string?)key["crv"] is "Ed25519"
                && JsonWebKeyMember.Read(key, "x") is { Length: Ed25519Key.Length } publicKey
                && ed25519!.Verify(publicKey, _input, _signature);
        }

        if (SignatureAlgorithm.IsElliptic(Algorithm))
        {
            if ((string?)key["kty"] is not "EC" || (string?)key["crv"] != CurveName())
                return false;
            using ECDsa ec = ECDsa.Create(
                new ECParameters
                {
                    Curve = Curve(),
                    Q = new() { X = JsonWebKeyMember.Read(key, "x"), Y = JsonWebKeyMember.Read(key, "y") },
                }
            );
            return ec.VerifyData(_input, _signature, SignatureAlgorithm.Hash(Algorithm));
        }

        if ((string?)key["kty"] is not "RSA")
            return false;
        using RSA rsa = RSA.Create(
            new RSAParameters { Modulus = JsonWebKeyMember.Read(key, "n"), Exponent = JsonWebKeyMember.Read(key, "e") }
        );
        return rsa.VerifyData(
            _input,
            _signature,
            SignatureAlgorithm.Hash(Algorithm),
            Algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1
        );
    }

    /// <summary>Determines whether a shared secret verifies the authentication code of HS256.</summary>
    public bool IsAuthenticatedBy(string secret) =>
        Algorithm is SignatureAlgorithm.Hmac
        && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), _input), _signature);

    private string CurveName() =>
        Algorithm switch
        {
            "ES256" => "P-256",
            "ES384" => "P-384",
            _ => "P-521",
        };

    private ECCurve Curve() =>
        Algorithm switch
        {
            "ES256" => ECCurve.NamedCurves.nistP256,
            "ES384" => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
}
