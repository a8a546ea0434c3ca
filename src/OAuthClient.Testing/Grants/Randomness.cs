using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>Creates random values and compares secrets in constant time.</summary>
internal static class Randomness
{
    public static string Token() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Creates a random value with a prefix that identifies its kind in a log.</summary>
    public static string Token(string prefix) => prefix + "_" + Token();

    public static bool SameBytes(byte[] one, byte[] other) => CryptographicOperations.FixedTimeEquals(one, other);

    public static bool SameSecret(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(one)),
            SHA256.HashData(Encoding.UTF8.GetBytes(other))
        );
}
