using System.Buffers.Binary;
using System.Text;

namespace OAuthClient.PostgreSql;

/// <summary>Which row a grant belongs in.</summary>
/// <param name="Id">The grant's id.</param>
/// <param name="ClientName">The registration's name.</param>
/// <param name="Owner">The owner's text form, which holds the kind of owner.</param>
/// <param name="Generation">The generation.</param>
internal readonly record struct GrantRowKey(string Id, string ClientName, string Owner, long Generation)
{
    // In earlier formats the owner had no kind: what was encrypted for their rows must not pass for this one.
    private const long Format = -4;

    public static GrantRowKey Of(Grant grant) => new(grant.Id, grant.ClientName, OwnerIn(grant.Owner), grant.Generation);

    // Plain, and no hash of it: an application's own tables name its users too, support must find a row, and a hash of ids such as 42
    // hides nothing without a key, which then could never be rotated.
    public static string OwnerIn(GrantOwner owner) => owner.ToString();

    /// <summary>Each text after its length, so that no joining of two makes the same bytes as two others.</summary>
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
