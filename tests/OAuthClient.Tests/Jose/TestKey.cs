using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient.Tests;

/// <summary>
/// A signing key of a server. It does not use the library's code, so that it does not repeat its defects.
/// </summary>
internal sealed class TestKey
{
    // Shared, because the generation of RSA keys takes time.
    private static readonly Lazy<RSA> Rsa2048 = new(() => RSA.Create(2048));
    private static readonly Lazy<RSA> AnotherRsa2048 = new(() => RSA.Create(2048));
    private static readonly Lazy<RSA> Rsa1024 = new(() => RSA.Create(1024));

    private readonly RSA? rsa;
    private readonly ECDsa? ecdsa;

    private TestKey(RSA? rsa, ECDsa? ecdsa) => (this.rsa, this.ecdsa) = (rsa, ecdsa);

    public static TestKey Rsa => new(Rsa2048.Value, null);
    public static TestKey AnotherRsa => new(AnotherRsa2048.Value, null);
    public static TestKey WeakRsa => new(Rsa1024.Value, null);

    public static TestKey Ec(string curve) => new(null, ECDsa.Create(ECCurve.CreateFromFriendlyName(curve)));

    public static TestKey For(string algorithm) =>
        algorithm switch
        {
            "ES256" => Ec("nistP256"),
            "ES384" => Ec("nistP384"),
            "ES512" => Ec("nistP521"),
            _ => Rsa,
        };

    public string PublicPem => rsa!.ExportSubjectPublicKeyInfoPem();

    public JsonObject Jwk(string? kid = "key-1", string? algorithm = null, string? use = "sig")
    {
        var jwk = new JsonObject();
        if (rsa is not null)
        {
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            jwk["kty"] = "RSA";
            jwk["n"] = Base64Url.EncodeToString(parameters.Modulus);
            jwk["e"] = Base64Url.EncodeToString(parameters.Exponent);
        }
        else
        {
            var parameters = ecdsa!.ExportParameters(includePrivateParameters: false);
            jwk["kty"] = "EC";
            jwk["crv"] = parameters.Q.X!.Length switch
            {
                32 => "P-256",
                48 => "P-384",
                _ => "P-521",
            };
            jwk["x"] = Base64Url.EncodeToString(parameters.Q.X);
            jwk["y"] = Base64Url.EncodeToString(parameters.Q.Y);
        }
        if (kid is not null)
            jwk["kid"] = kid;
        if (algorithm is not null)
            jwk["alg"] = algorithm;
        if (use is not null)
            jwk["use"] = use;
        return jwk;
    }

    public string Sign(string algorithm, string header, string payload)
    {
        string input = Encode(header) + "." + Encode(payload);
        byte[] bytes = Encoding.ASCII.GetBytes(input);
        var hash = algorithm[2..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        byte[] signature = ecdsa is not null
            ? ecdsa.SignData(bytes, hash)
            : rsa!.SignData(bytes, hash, algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        return input + "." + Base64Url.EncodeToString(signature);
    }

    public static string SignByHmac(byte[] secret, string header, string payload)
    {
        string input = Encode(header) + "." + Encode(payload);
        return input + "." + Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)));
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static IReadOnlyList<JwksKey> Set(params JsonObject[] keys) =>
        JwksParser.Read(Encoding.UTF8.GetBytes(new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString()));
}
