using System.Buffers.Binary;
using System.Text;

namespace OAuthClient.PostgreSql;

/// <summary>Identifies a grant's row and generation.</summary>
/// <param name="Id">The grant's id.</param>
/// <param name="ClientName">The client's name.</param>
/// <param name="Owner">The text form of the owner, which contains the kind of owner.</param>
/// <param name="Generation">The generation.</param>
internal readonly record struct GrantRowKey(string Id, string ClientName, string Owner, long Generation)
{
    // Distinguishes these bytes from those of earlier formats, in which the owner had no kind.
    private const long Format = -4;

    public static GrantRowKey Of(Grant grant) => new(grant.Id, grant.ClientName, OwnerIn(grant.Owner), grant.Generation);

    // The owner is not hashed: the application's own tables name its users as well, and support must find a row. A hash without a key hides
    // no ids such as 42, and its key could not be rotated.
    public static string OwnerIn(GrantOwner owner) => owner.ToString();

    /// <summary>Encodes the key. The length of each text is included, so that different keys have different bytes.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream bytes = new();
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, Format);
        bytes.Write(number);
        foreach (string text in (ReadOnlySpan<string>)[Id, ClientName, Owner])
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt64BigEndian(number, utf8.Length);
            bytes.Write(number);
            bytes.Write(utf8);
        }
        BinaryPrimitives.WriteInt64BigEndian(number, Generation);
        bytes.Write(number);
        return bytes.ToArray();
    }
}
