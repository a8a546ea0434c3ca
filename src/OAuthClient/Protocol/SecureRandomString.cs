using System.Buffers.Text;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// Creates random strings for values that must not be guessed or repeated, such as state, nonce, code verifier and grant ids.
/// </summary>
internal static class SecureRandomString
{
    /// <summary>The number of characters of a string.</summary>
    public const int Length = 43;

    /// <summary>
    /// Creates a string of 256 random bits as 43 base64url characters, which is also a valid code verifier (RFC 7636 §4.1).
    /// </summary>
    /// <returns>The string.</returns>
    public static string Create()
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Creates three strings with one call of the random number generator, because a call costs more than the bytes.</summary>
    /// <returns>The strings.</returns>
    public static (string One, string Two, string Three) CreateThree()
    {
        Span<byte> bytes = stackalloc byte[3 * 32];
        RandomNumberGenerator.Fill(bytes);
        return (Base64Url.EncodeToString(bytes[..32]), Base64Url.EncodeToString(bytes[32..64]), Base64Url.EncodeToString(bytes[64..]));
    }
}
