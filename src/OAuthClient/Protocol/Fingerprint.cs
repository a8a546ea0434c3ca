using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient;

/// <summary>Texts as one that can be known again, and tells little to whoever does not know them already.</summary>
internal static class Fingerprint
{
    /// <summary>43 base64url characters. Each text counts with its length, so that no joining of two makes the same as two others.</summary>
    public static string Of(params ReadOnlySpan<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in texts)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(length, utf8.Length);
            hash.AppendData(length);
            hash.AppendData(utf8);
        }
        return Base64Url.EncodeToString(hash.GetHashAndReset());
    }
}
