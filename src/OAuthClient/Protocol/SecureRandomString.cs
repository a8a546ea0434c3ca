using System.Buffers.Text;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>The one place where randomness is drawn: state, nonce, code verifier, grant ids.</summary>
internal static class SecureRandomString
{
    /// <summary>How many characters each has.</summary>
    public const int Length = 43;

    /// <summary>256 random bits as 43 base64url characters: also a code verifier of the length RFC 7636 §4.1 recommends.</summary>
    public static string Create()
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Three of them by one draw: asking for randomness costs more than getting it.</summary>
    public static (string One, string Two, string Three) CreateThree()
    {
        Span<byte> bytes = stackalloc byte[3 * 32];
        RandomNumberGenerator.Fill(bytes);
        return (Base64Url.EncodeToString(bytes[..32]), Base64Url.EncodeToString(bytes[32..64]), Base64Url.EncodeToString(bytes[64..]));
    }
}
