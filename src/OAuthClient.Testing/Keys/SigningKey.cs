using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>One key with its algorithm and identifier.</summary>
internal sealed class SigningKey
{
    // Making an RSA key takes longer than starting the server, so that servers share their first; each names it by a kid of its own.
    private static readonly Lazy<RSA> SharedRsa = new(() => RSA.Create(2048));

    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;

    private SigningKey(string algorithm, RSA? rsa, ECDsa? ecdsa) => (Algorithm, _rsa, _ecdsa) = (algorithm, rsa, ecdsa);

    public string Algorithm { get; }

    public string KeyId { get; } = Randomness.Token()[..16];

    public static SigningKey Create(string algorithm, bool fresh) => algorithm is "ES256"
        ? new(algorithm, null, ECDsa.Create(ECCurve.NamedCurves.nistP256))
        : new(algorithm, fresh ? RSA.Create(2048) : SharedRsa.Value, null);

    /// <summary>A signed JWT in compact serialization (RFC 7515 §3.1).</summary>
    public string Sign(JsonObject claims)
    {
        JsonObject header = new() { ["alg"] = Algorithm, ["kid"] = KeyId, ["typ"] = "JWT" };
        string input = Encode(header) + "." + Encode(claims);
        return input + "." + Base64Url.EncodeToString(SignBytes(Encoding.ASCII.GetBytes(input)));
    }

    /// <summary>The public part as a JSON Web Key (RFC 7517 §4, RFC 7518 §6).</summary>
    public JsonObject ToJsonWebKey()
    {
        JsonObject key = new() { ["kid"] = KeyId, ["use"] = "sig", ["alg"] = Algorithm };
        if (_ecdsa is not null)
        {
            ECParameters parameters = _ecdsa.ExportParameters(includePrivateParameters: false);
            key["kty"] = "EC";
            key["crv"] = "P-256";
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

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private byte[] SignBytes(byte[] input)
    {
        if (_ecdsa is not null)
        {
            lock (_ecdsa)
                return _ecdsa.SignData(input, HashAlgorithmName.SHA256);
        }

        lock (_rsa!)
            return _rsa.SignData(input, HashAlgorithmName.SHA256, Algorithm is "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }
}
