using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Writes and signs the JWTs of the client: assertions, request objects and proofs (RFC 7515 §5.1, RFC 7519).</summary>
internal static class JwtWriter
{
    /// <summary>Signs with a private key.</summary>
    /// <param name="signer">The key.</param>
    /// <param name="type">The value of <c>typ</c>; <see langword="null"/> to send none.</param>
    /// <param name="claims">Writes the claims into an object.</param>
    /// <param name="embedsPublicKey">Whether the header contains the public key (<c>jwk</c>) in place of its identifier.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The JWT in compact form.</returns>
    public static async ValueTask<string> SignAsync(
        ISigner signer,
        string? type,
        Action<Utf8JsonWriter> claims,
        bool embedsPublicKey,
        CancellationToken cancellationToken
    )
    {
        string input = SigningInput(
            header =>
            {
                WriteHeader(header, signer.Algorithm, type);
                if (embedsPublicKey)
                {
                    header.WritePropertyName("jwk");
                    header.WriteRawValue(signer.PublicJwk);
                    return;
                }
                if (signer.KeyId is { } keyId)
                    header.WriteString("kid", keyId);
                if (signer.CertificateThumbprint is { } thumbprint)
                    header.WriteString("x5t#S256", thumbprint);
            },
            claims
        );
        byte[] signature = await signer.SignAsync(Encoding.ASCII.GetBytes(input), cancellationToken).ConfigureAwait(false);
        return input + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>Authenticates with a secret and HS256, HS384 or HS512 (RFC 7518 §3.2).</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="type">The value of <c>typ</c>; <see langword="null"/> to send none.</param>
    /// <param name="claims">Writes the claims into an object.</param>
    /// <returns>The JWT in compact form.</returns>
    public static string Authenticate(ReadOnlySpan<byte> secret, string algorithm, string? type, Action<Utf8JsonWriter> claims)
    {
        string input = SigningInput(header => WriteHeader(header, algorithm, type), claims);
        byte[] data = Encoding.ASCII.GetBytes(input);
        byte[] code = SignatureAlgorithms.HashLength(algorithm) switch
        {
            384 => HMACSHA384.HashData(secret, data),
            512 => HMACSHA512.HashData(secret, data),
            _ => HMACSHA256.HashData(secret, data),
        };
        return input + "." + Base64Url.EncodeToString(code);
    }

    private static void WriteHeader(Utf8JsonWriter header, string algorithm, string? type)
    {
        header.WriteString("alg", algorithm);
        if (type is not null)
            header.WriteString("typ", type);
    }

    private static string SigningInput(Action<Utf8JsonWriter> header, Action<Utf8JsonWriter> claims) =>
        Encode(header) + "." + Encode(claims);

    private static string Encode(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }
}
