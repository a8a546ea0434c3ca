using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient;

/// <summary>Computes a hash of texts, so that equal texts can be recognized without storing them.</summary>
internal static class Fingerprint
{
    private const int MaximumOnStack = 512;

    /// <summary>
    /// Computes the SHA-256 hash of texts. The length of each text is hashed with it, so that different lists with the same concatenation
    /// have different hashes.
    /// </summary>
    /// <param name="texts">The texts.</param>
    /// <returns>43 base64url characters.</returns>
    public static string Of(params ReadOnlySpan<string> texts)
    {
        int size = 0;
        foreach (string text in texts)
            size += sizeof(int) + Encoding.UTF8.GetByteCount(text);
        var bytes = size <= MaximumOnStack ? stackalloc byte[size] : new byte[size];
        var rest = bytes;
        foreach (string text in texts)
        {
            int length = Encoding.UTF8.GetBytes(text, rest[sizeof(int)..]);
            BinaryPrimitives.WriteInt32BigEndian(rest, length);
            rest = rest[(sizeof(int) + length)..];
        }
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Base64Url.EncodeToString(hash);
    }
}
