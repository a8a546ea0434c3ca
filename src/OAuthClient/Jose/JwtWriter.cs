using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Writes and signs the JWTs of the client: assertions, request objects and proofs (RFC 7515 §5.1, RFC 7519).</summary>
internal static class JwtWriter
{
    // Without escape sequences such as the one for the plus sign in "dpop+jwt". The JSON never becomes a part of a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Signs with a private key.</summary>
    /// <param name="signer">The key.</param>
    /// <param name="type">The value of <c>typ</c>; <see langword="null"/> to send none.</param>
    /// <param name="claims">Writes the claims into an object.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The JWT in compact form.</returns>
    public static async ValueTask<string> SignAsync(
        ISigner signer,
        string? type,
        Action<Utf8JsonWriter> claims,
        CancellationToken cancellationToken
    )
    {
        byte[] header = Encode(members =>
        {
            WriteHeader(members, signer.Algorithm, type);
            if (signer.KeyId is { } keyId)
                members.WriteString("kid", keyId);
            if (signer.CertificateThumbprint is { } thumbprint)
                members.WriteString("x5t#S256", thumbprint);
        });
        return await SignWithHeaderAsync(signer, header, claims, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Encodes a header that contains the public key (<c>jwk</c>) in place of its identifier.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="type">The value of <c>typ</c>.</param>
    /// <param name="publicJwk">The public key as JSON.</param>
    /// <returns>The first part of a JWT in compact form, as ASCII.</returns>
    public static byte[] EncodeHeader(string algorithm, string type, string publicJwk) =>
        Encode(members =>
        {
            WriteHeader(members, algorithm, type);
            members.WritePropertyName("jwk");
            members.WriteRawValue(publicJwk);
        });

    /// <summary>Signs with a private key and a header that was encoded before.</summary>
    /// <param name="signer">The key.</param>
    /// <param name="header">The encoded header.</param>
    /// <param name="claims">Writes the claims into an object.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The JWT in compact form.</returns>
    public static async ValueTask<string> SignWithHeaderAsync(
        ISigner signer,
        byte[] header,
        Action<Utf8JsonWriter> claims,
        CancellationToken cancellationToken
    )
    {
        byte[] input = SigningInput(header, claims);
        byte[] signature = await signer.SignAsync(input, cancellationToken).ConfigureAwait(false);
        return Compact(input, signature);
    }

    /// <summary>Authenticates with a secret and HS256, HS384 or HS512 (RFC 7518 §3.2).</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="type">The value of <c>typ</c>; <see langword="null"/> to send none.</param>
    /// <param name="claims">Writes the claims into an object.</param>
    /// <returns>The JWT in compact form.</returns>
    public static string Authenticate(ReadOnlySpan<byte> secret, string algorithm, string? type, Action<Utf8JsonWriter> claims)
    {
        byte[] input = SigningInput(Encode(header => WriteHeader(header, algorithm, type)), claims);
        byte[] code = SignatureAlgorithms.HashLength(algorithm) switch
        {
            384 => HMACSHA384.HashData(secret, input),
            512 => HMACSHA512.HashData(secret, input),
            _ => HMACSHA256.HashData(secret, input),
        };
        return Compact(input, code);
    }

    private static void WriteHeader(Utf8JsonWriter header, string algorithm, string? type)
    {
        header.WriteString("alg", algorithm);
        if (type is not null)
            header.WriteString("typ", type);
    }

    private static byte[] Encode(Action<Utf8JsonWriter> members) => Base64Url.EncodeToUtf8(Write(members));

    // RFC 7515 §5.1 (5): header, period and payload.
    private static byte[] SigningInput(byte[] header, Action<Utf8JsonWriter> claims)
    {
        var payload = Write(claims);
        byte[] input = new byte[header.Length + 1 + Base64Url.GetEncodedLength(payload.Length)];
        header.CopyTo(input, 0);
        input[header.Length] = (byte)'.';
        Base64Url.EncodeToUtf8(payload, input.AsSpan(header.Length + 1));
        return input;
    }

    private static string Compact(byte[] input, byte[] signature) =>
        string.Create(
            input.Length + 1 + Base64Url.GetEncodedLength(signature.Length),
            (input, signature),
            static (text, parts) =>
            {
                int length = Encoding.ASCII.GetChars(parts.input, text);
                text[length] = '.';
                Base64Url.EncodeToChars(parts.signature, text[(length + 1)..]);
            }
        );

    private static ReadOnlySpan<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan;
    }
}
