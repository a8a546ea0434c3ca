using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>A signing key with its algorithm and identifier.</summary>
internal sealed class SigningKey
{
    // The creation of an RSA key takes longer than the start of a server. Servers share their first key of each algorithm, with different
    // key identifiers.
    private static readonly ConcurrentDictionary<string, Lazy<RSA>> SharedRsa = new(StringComparer.Ordinal);

    // A client must not trust this key.
    private static readonly Lazy<RSA> ForeignRsa = new(() => RSA.Create(2048));

    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;
    private readonly Ed25519Key? _ed25519;

    private SigningKey(string algorithm, RSA? rsa, ECDsa? ecdsa, Ed25519Key? ed25519, string? keyId = null)
    {
        (Algorithm, _rsa, _ecdsa, _ed25519) = (algorithm, rsa, ecdsa, ed25519);
        KeyId = keyId ?? Randomness.Token()[..16];
    }

    public string Algorithm { get; }

    public string KeyId { get; }

    /// <summary>Gets the implementation that the key uses; null for an RSA or EC key.</summary>
    public ITestEd25519? Ed25519 => _ed25519?.Implementation;

    public static SigningKey Create(string algorithm, bool fresh, ITestEd25519? ed25519) =>
        CreateWithoutRsa(algorithm, ed25519)
        ?? new(
            algorithm,
            fresh ? RSA.Create(2048) : SharedRsa.GetOrAdd(algorithm, _ => new Lazy<RSA>(() => RSA.Create(2048))).Value,
            null,
            null
        );

    /// <summary>Creates a key that does not belong to the server, with the specified key identifier.</summary>
    public static SigningKey Foreign(string algorithm, string keyId, ITestEd25519? ed25519 = null) =>
        CreateWithoutRsa(algorithm, ed25519, keyId) ?? new(algorithm, ForeignRsa.Value, null, null, keyId);

    public byte[] Sign(byte[] input)
    {
        if (_ed25519 is not null)
            return _ed25519.Sign(input);
        HashAlgorithmName hash = SignatureAlgorithm.Hash(Algorithm);
        if (_ecdsa is not null)
        {
            lock (_ecdsa)
                return _ecdsa.SignData(input, hash);
        }

        lock (_rsa!)
            return _rsa.SignData(input, hash, Padding);
    }

    public bool Verifies(byte[] input, byte[] signature)
    {
        if (_ed25519 is not null)
            return _ed25519.Verifies(input, signature);
        HashAlgorithmName hash = SignatureAlgorithm.Hash(Algorithm);
        if (_ecdsa is not null)
        {
            lock (_ecdsa)
                return _ecdsa.VerifyData(input, signature, hash);
        }

        lock (_rsa!)
            return _rsa.VerifyData(input, signature, hash, Padding);
    }

    /// <summary>Returns the public key as a JSON Web Key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).</summary>
    public JsonObject ToJsonWebKey()
    {
        JsonObject key = new()
        {
            ["kid"] = KeyId,
            ["use"] = "sig",
            ["alg"] = Algorithm,
        };
        if (_ed25519 is not null)
        {
            _ed25519.WriteTo(key);
        }
        else if (_ecdsa is not null)
        {
            ECParameters parameters = _ecdsa.ExportParameters(includePrivateParameters: false);
            key["kty"] = "EC";
            key["crv"] = "P-" + (Algorithm is "ES512" ? "521" : Algorithm[2..]);
            key["x"] = Base64Url.EncodeToString(parameters.Q.X);
            key["y"] = Base64Url.EncodeToString(parameters.Q.Y);
        }
        else
        {
            RSAParameters parameters = _rsa!.ExportParameters(includePrivateParameters: false);
            key["kty"] = "RSA";
            key["n"] = Base64Url.EncodeToString(parameters.Modulus);
            key["e"] = Base64Url.EncodeToString(parameters.Exponent);
        }

        return key;
    }

    public string ToPem() => _ed25519?.ToPem() ?? _rsa?.ExportSubjectPublicKeyInfoPem() ?? _ecdsa!.ExportSubjectPublicKeyInfoPem();

    /// <summary>Creates a self-signed certificate for the key.</summary>
    public string ToCertificatePem()
    {
        CertificateRequest request = _rsa is not null
            ? new("CN=" + KeyId, _rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new("CN=" + KeyId, _ecdsa!, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return certificate.ExportCertificatePem();
    }

    private static SigningKey? CreateWithoutRsa(string algorithm, ITestEd25519? ed25519, string? keyId = null) =>
        SignatureAlgorithm.IsEd25519(algorithm) ? new(algorithm, null, null, new(ed25519!), keyId)
        : SignatureAlgorithm.IsElliptic(algorithm) ? new(algorithm, null, ECDsa.Create(Curve(algorithm)), null, keyId)
        : null;

    private RSASignaturePadding Padding => Algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    /// <summary>Returns the curve of an algorithm (RFC 7518 §3.4).</summary>
    private static ECCurve Curve(string algorithm) =>
        algorithm switch
        {
            "ES256" => ECCurve.NamedCurves.nistP256,
            "ES384" => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
}
