using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient;

/// <summary>Computes a hash of texts, so that equal texts can be recognized without storing them.</summary>
internal static class Fingerprint
{
    /// <summary>
    /// Computes the SHA-256 hash of texts. The length of each text is hashed with it, so that different lists with the same concatenation
    /// have different hashes.
    /// </summary>
    /// <param name="texts">The texts.</param>
    /// <returns>43 base64url characters.</returns>
    public static string Of(params ReadOnlySpan<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return Base64Url.EncodeToString(hash.GetHashAndReset());
    }
}
