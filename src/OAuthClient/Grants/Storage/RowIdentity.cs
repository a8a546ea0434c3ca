using System.Buffers.Binary;
using System.Text;

namespace OAuthClient;

/// <summary>Encodes what identifies a stored row. Different rows have different bytes, because lengths are included.</summary>
internal static class RowIdentity
{
    // Distinguishes these bytes from those of earlier formats, in which the owner had no kind.
    private const long GrantFormat = -4;
    private const long ClientFormat = -1;

    public static byte[] OfGrant(string id, string clientName, string owner, long generation) =>
        [.. Number(GrantFormat), .. Prefixed(id), .. Prefixed(clientName), .. Prefixed(owner), .. Number(generation)];

    public static byte[] OfClient(string clientName, string server, long generation) =>
        [.. Number(ClientFormat), .. Number(generation), .. Prefixed(clientName), .. Encoding.UTF8.GetBytes(server)];

    private static byte[] Prefixed(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return [.. Number(utf8.Length), .. utf8];
    }

    private static byte[] Number(long number)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }
}
