using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Reads and verifies the JWTs that clients sign: assertions, request objects and proofs (RFC 7515 §5.2).</summary>
internal sealed class ReceivedJwt
{
    // RFC 7518 §3.3
    private const int MinimumRsaKeySize = 2048;

    private const double MaximumSeconds = 100_000_000_000;

    private static readonly SearchValues<char> Characters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

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

    public string Algorithm => Text(Header["alg"]) ?? "";

    public string? Type => Header.ContainsKey("typ") ? Text(Header["typ"]) ?? "" : null;

    /// <summary>Parses a JWT without verifying it.</summary>
    /// <exception cref="FormatException">The text is not a signed JWT.</exception>
    public static ReceivedJwt Parse(string text)
    {
        string[] parts = text.Split('.');
        if (parts.Length != 3 || text.AsSpan().ContainsAnyExcept(Characters))
            throw new FormatException("The JWT does not have three parts in base64url.");
        try
        {
            JsonNodeOptions strict = new();
            JsonDocumentOptions documents = new() { AllowDuplicateProperties = false };
            JsonObject header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]), strict, documents)!.AsObject();
            if (header.ContainsKey("crit"))
                throw new FormatException("The JWT requires an extension that is not supported (RFC 7515 section 4.1.11).");
            return new(
                header,
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

    /// <summary>Returns a claim; null if it is missing or is not a string.</summary>
    public string? Text(string claim) => Text(Claims[claim]);

    /// <summary>Returns a time (RFC 7519 §2, NumericDate); null if it is missing or is not a number.</summary>
    public DateTimeOffset? Time(string claim) =>
        Claims[claim] is JsonValue value && value.TryGetValue(out double seconds) && Math.Abs(seconds) < MaximumSeconds
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : null;

    /// <summary>Determines whether a public key verifies the signature. The key must match the algorithm (RFC 8725 §3.1).</summary>
    /// <param name="key">The JWK (RFC 7517 §4).</param>
    /// <param name="ed25519">The implementation of Ed25519; null without one.</param>
    public bool IsSignedBy(JsonObject key, ITestEd25519? ed25519)
    {
        try
        {
            return SignatureAlgorithm.Asymmetric(ed25519).Contains(Algorithm)
                && (!key.ContainsKey("use") || Text(key["use"]) is "sig")
                && (!key.ContainsKey("alg") || Text(key["alg"]) == Algorithm)
                && (!key.ContainsKey("key_ops") || (key["key_ops"] as JsonArray)?.Any(item => Text(item) is "verify") is true)
                && (
                    SignatureAlgorithm.IsEd25519(Algorithm) ? IsSignedByEd25519(key, ed25519!)
                    : SignatureAlgorithm.IsElliptic(Algorithm) ? IsSignedByElliptic(key)
                    : IsSignedByRsa(key)
                );
        }
        catch (Exception exception)
            when (exception is FormatException or CryptographicException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Determines whether a shared secret verifies the authentication code of HS256.</summary>
    public bool IsAuthenticatedBy(string secret) =>
        Algorithm is SignatureAlgorithm.Hmac
        && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), _input), _signature);

    private bool IsSignedByEd25519(JsonObject key, ITestEd25519 ed25519) =>
        Text(key["kty"]) is "OKP"
        && Text(key["crv"]) is "Ed25519"
        && JsonWebKeyMember.Read(key, "x") is { Length: Ed25519Key.Length } publicKey
        && ed25519.Verify(publicKey, _input, _signature);

    private bool IsSignedByElliptic(JsonObject key)
    {
        if (Text(key["kty"]) is not "EC" || Text(key["crv"]) != CurveName())
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

    private bool IsSignedByRsa(JsonObject key)
    {
        if (Text(key["kty"]) is not "RSA")
            return false;
        using RSA rsa = RSA.Create(
            new RSAParameters { Modulus = JsonWebKeyMember.Read(key, "n"), Exponent = JsonWebKeyMember.Read(key, "e") }
        );
        return rsa.KeySize >= MinimumRsaKeySize
            && rsa.VerifyData(
                _input,
                _signature,
                SignatureAlgorithm.Hash(Algorithm),
                Algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1
            );
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

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
