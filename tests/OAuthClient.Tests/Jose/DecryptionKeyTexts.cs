using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Private keys of a client as PEM and JWK.</summary>
internal static class DecryptionKeyTexts
{
    private static readonly Lazy<RSA> SharedRsa = new(() => RSA.Create(2048));

    public static RSA Rsa => SharedRsa.Value;

    public static string Pem => Rsa.ExportPkcs8PrivateKeyPem();

    public static string Jwk(RSA key, string? kid = null)
    {
        var p = key.ExportParameters(includePrivateParameters: true);
        return WithKid(
            new()
            {
                ["kty"] = "RSA",
                ["n"] = Text(p.Modulus),
                ["e"] = Text(p.Exponent),
                ["d"] = Text(p.D),
                ["p"] = Text(p.P),
                ["q"] = Text(p.Q),
                ["dp"] = Text(p.DP),
                ["dq"] = Text(p.DQ),
                ["qi"] = Text(p.InverseQ),
            },
            kid
        );
    }

    public static string Jwk(ECDiffieHellman key, string? kid = null)
    {
        var p = key.ExportParameters(includePrivateParameters: true);
        return WithKid(
            new()
            {
                ["kty"] = "EC",
                ["crv"] = Curve(p),
                ["x"] = Base64Url.EncodeToString(p.Q.X),
                ["y"] = Base64Url.EncodeToString(p.Q.Y),
                ["d"] = Base64Url.EncodeToString(p.D),
            },
            kid
        );
    }

    public static string Curve(ECParameters parameters) =>
        parameters.Q.X!.Length switch
        {
            32 => "P-256",
            48 => "P-384",
            _ => "P-521",
        };

    private static string WithKid(JsonObject jwk, string? kid)
    {
        if (kid is not null)
            jwk["kid"] = kid;
        return jwk.ToJsonString();
    }

    // RFC 7518 §6.3.1.1: without leading zeros.
    private static string Text(byte[]? number) => Base64Url.EncodeToString(number.AsSpan().TrimStart((byte)0));
}
