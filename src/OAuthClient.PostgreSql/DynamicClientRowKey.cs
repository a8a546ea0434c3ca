using System.Buffers.Binary;
using System.Text;

namespace OAuthClient.PostgreSql;

/// <summary>Which row the credentials of a client that registered itself belong in.</summary>
/// <param name="ClientName">The registration's name.</param>
/// <param name="Server">The authorization server.</param>
/// <param name="Generation">The generation.</param>
internal readonly record struct DynamicClientRowKey(string ClientName, string Server, long Generation)
{
    // Where a grant's place begins with a length: the one never passes for the other.
    private const long NoGrant = -1;

    public static DynamicClientRowKey Of(DynamicClient client) => new(client.ClientName, client.Server, client.Generation);

    /// <summary>The first text after its length, so that no joining of two makes the same bytes as two others.</summary>
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
