using System.Buffers.Binary;
using System.Text;

namespace OAuthClient.PostgreSql;

/// <summary>Identifies the row of a dynamically registered client's credentials.</summary>
/// <param name="ClientName">The client's name.</param>
/// <param name="Server">The authorization server.</param>
/// <param name="Generation">The generation.</param>
internal readonly record struct DynamicClientRowKey(string ClientName, string Server, long Generation)
{
    // Distinguishes these bytes from a grant's row key, which begins with another number.
    private const long NoGrant = -1;

    public static DynamicClientRowKey Of(DynamicClient client) => new(client.ClientName, client.Server, client.Generation);

    /// <summary>Encodes the key. The length of the first text is included, so that different keys have different bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] name = Encoding.UTF8.GetBytes(ClientName);
        byte[] numbers = new byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(numbers, NoGrant);
        BinaryPrimitives.WriteInt64BigEndian(numbers.AsSpan(sizeof(long)), Generation);
        BinaryPrimitives.WriteInt64BigEndian(numbers.AsSpan(2 * sizeof(long)), name.Length);
        return [.. numbers, .. name, .. Encoding.UTF8.GetBytes(Server)];
    }
}
