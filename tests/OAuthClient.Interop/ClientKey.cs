using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>A key for which the provider encrypts.</summary>
internal sealed class ClientKey
{
    private static readonly Lazy<RSA> Rsa = new(() => RSA.Create(2048));

    /// <param name="algorithm">The algorithm with which the provider encrypts the content key (RFC 7518 §4.1).</param>
    public ClientKey(string algorithm)
    {
        JsonObject jwk = new()
        {
            ["use"] = "enc",
            ["alg"] = algorithm,
            ["kid"] = "for " + algorithm,
        };
        if (algorithm.StartsWith("RSA", StringComparison.Ordinal))
        {
            var numbers = Rsa.Value.ExportParameters(includePrivateParameters: false);
            jwk["kty"] = "RSA";
            jwk["n"] = Base64Url.EncodeToString(numbers.Modulus);
            jwk["e"] = Base64Url.EncodeToString(numbers.Exponent);
            Private = Rsa.Value.ExportPkcs8PrivateKeyPem();
        }
        else
        {
            using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            jwk["kty"] = "EC";
            jwk["crv"] = "P-256";
            jwk["x"] = Base64Url.EncodeToString(point.X);
            jwk["y"] = Base64Url.EncodeToString(point.Y);
            Private = key.ExportPkcs8PrivateKeyPem();
        }
        PublicSet = new() { ["keys"] = new JsonArray(jwk) };
    }

    public JsonObject PublicSet { get; }

    public string Private { get; }
}
