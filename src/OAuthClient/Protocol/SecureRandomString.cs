using System.Buffers.Text;
using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>
/// Creates random strings for values that must not be guessed or repeated, such as state, nonce, code verifier and grant ids.
/// </summary>
internal static class SecureRandomString
{
    private const int ByteCount = 32;

    /// <summary>
    /// Creates a string of 256 random bits as 43 base64url characters, which is also a valid code verifier (RFC 7636 §4.1).
    /// </summary>
    /// <returns>The string.</returns>
    public static string Create() => Create(1)[0];

    /// <summary>Creates several strings with one call of the random number generator, because a call costs more than the bytes.</summary>
    /// <param name="count">The number of strings, at most 8.</param>
    /// <returns>The strings.</returns>
    public static string[] Create(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 8);
        Span<byte> bytes = stackalloc byte[8 * ByteCount];
        bytes = bytes[..(count * ByteCount)];
        RandomNumberGenerator.Fill(bytes);
        string[] strings = new string[count];
        for (int i = 0; i < count; i++)
            strings[i] = Base64Url.EncodeToString(bytes.Slice(i * ByteCount, ByteCount));
        return strings;
    }
}
