using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient;

/// <summary>
/// Checks a JWT that is signed with the client secret (OpenID Connect Core §10.1). No key of the server's set comes near it: a public key
/// that were taken for a secret would let anyone sign (RFC 8725 §2.1).
/// </summary>
internal static class HmacSignatureValidator
{
    /// <exception cref="OAuthProtocolException">It does not verify, or there is no secret that it could be checked with.</exception>
    public static void Validate(UnverifiedJwt token, ClientSecret? secret)
    {
        byte[]? key = secret is null ? null : Encoding.UTF8.GetBytes(secret.Reveal());
        if (key is null || key.Length < SignatureAlgorithms.HashLength(token.Algorithm) / 8)
            throw new OAuthProtocolException(
                $"The {token.Kind.Name} is signed by {token.Algorithm}, and there is no client secret of at least {SignatureAlgorithms.HashLength(token.Algorithm) / 8} bytes to check it with (RFC 7518 §3.2)."
            );
        int end = token.Compact.LastIndexOf('.');
        byte[] signed = Encoding.ASCII.GetBytes(token.Compact[..end]);
        if (!CryptographicOperations.FixedTimeEquals(Mac(token.Algorithm, key, signed), Signature(token.Compact.AsSpan(end + 1))))
            throw new OAuthProtocolException($"The {token.Kind.Name}'s signature does not verify with the client secret.");
    }

    private static byte[] Mac(string algorithm, byte[] key, byte[] signed) =>
        SignatureAlgorithms.HashLength(algorithm) switch
        {
            384 => HMACSHA384.HashData(key, signed),
            512 => HMACSHA512.HashData(key, signed),
            _ => HMACSHA256.HashData(key, signed),
        };

    private static byte[] Signature(ReadOnlySpan<char> encoded) => Base64Url.IsValid(encoded) ? Base64Url.DecodeFromChars(encoded) : [];
}
