using System.Security.Cryptography;
using System.Text;

namespace OAuthClient;

/// <summary>
/// Validates the signature of a JWT that is signed with the client secret (OpenID Connect Core §10.1). The server's key set is never used:
/// if a public key were accepted as the secret, anyone could sign (RFC 8725 §2.1).
/// </summary>
internal static class HmacSignatureValidator
{
    /// <summary>Validates the signature.</summary>
    /// <exception cref="OAuthProtocolException">The signature is not valid, or the client has no secret of sufficient length.</exception>
    public static void Validate(UnverifiedJwt token, ClientSecret? secret)
    {
        byte[]? key = secret is null ? null : Encoding.UTF8.GetBytes(secret.Reveal());
        int requiredLength = SignatureAlgorithms.HashLength(token.Algorithm) / 8;
        if (key is null || key.Length < requiredLength)
            throw new OAuthProtocolException(
                $"The {token.Kind.Name} is signed with {token.Algorithm}, which requires a client secret of at least {requiredLength} "
                    + "bytes (RFC 7518 §3.2); set ClientSecret to such a secret."
            );
        byte[] mac = CryptographicOperations.HmacData(SignatureAlgorithms.Hash(token.Algorithm), key, token.SigningInput());
        if (!CryptographicOperations.FixedTimeEquals(mac, token.Signature()))
            throw new OAuthProtocolException($"The {token.Kind.Name}'s signature does not verify with the client secret.");
    }
}
