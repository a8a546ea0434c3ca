using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>The one place where this server makes up what nobody may guess, and compares it.</summary>
internal static class Randomness
{
    public static string Token() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>With a prefix, so that a person who reads a log can tell a code from a token.</summary>
    public static string Token(string prefix) => prefix + "_" + Token();

    public static bool SameBytes(byte[] one, byte[] other) => CryptographicOperations.FixedTimeEquals(one, other);

    public static bool SameSecret(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(one)),
            SHA256.HashData(Encoding.UTF8.GetBytes(other))
        );
}
