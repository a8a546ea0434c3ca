using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates signed JWTs in JWS compact serialization (RFC 7515 §3.1).</summary>
internal static class JsonWebSignature
{
    public static string Create(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign) =>
        Create(header, Encoding.UTF8.GetBytes(claims.ToJsonString()), sign);

    public static string Create(JsonObject header, byte[] payload, Func<byte[], byte[]> sign)
    {
        string input = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + Base64Url.EncodeToString(payload);
        return input + "." + Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(input)));
    }

    public static Func<byte[], byte[]> Hmac(string secret) => input => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), input);
}
