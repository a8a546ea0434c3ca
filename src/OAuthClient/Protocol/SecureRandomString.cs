using System.Buffers.Text;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// Creates random strings for values that must not be guessed or repeated, such as state, nonce, code verifier and grant ids.
/// </summary>
internal static class SecureRandomString
{
    /// <summary>
    /// Creates a string of 256 random bits as 43 base64url characters, which is also a valid code verifier (RFC 7636 §4.1).
    /// </summary>
    /// <returns>The string.</returns>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
