using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>Reads the format of <see cref="TaggedMemberWriter"/>.</summary>
internal sealed class TaggedMembers
{
    // Throws for invalid UTF-8.
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<(int Number, byte[] Value)> members = [];

    /// <summary>Reads all members, including those with unknown numbers.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="version">The only version that is accepted.</param>
    /// <param name="what">The kind of data, for messages.</param>
    /// <exception cref="OAuthProtocolException">The version differs, or there are bytes after the members.</exception>
    /// <exception cref="IOException">The data ends too early.</exception>
    /// <exception cref="FormatException">A number or a length is invalid.</exception>
    public TaggedMembers(byte[] data, byte version, string what)
    {
        using MemoryStream bytes = new(data);
        using BinaryReader reader = new(bytes);
        byte written = reader.ReadByte();
        if (written != version)
        {
            throw new OAuthProtocolException(
                $"The pending {what} was written by another version of OAuthClient ({(written > version ? "a newer" : "an older")} one). "
                    + "Begin a new one."
            );
        }
        for (int left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            int number = reader.Read7BitEncodedInt();
            int length = reader.Read7BitEncodedInt();
            if (length < 0 || length > bytes.Length - bytes.Position)
                throw new EndOfStreamException();
            members.Add((number, reader.ReadBytes(length)));
        }
        if (bytes.Position != bytes.Length)
            throw new OAuthProtocolException($"The data contains more than a pending {what}. Begin a new one.");
    }

    /// <summary>Gets the text of a member; <see langword="null"/> if it is absent.</summary>
    /// <param name="number">The member's number.</param>
    public string? Text(int number) => Find(number) is { } value ? Utf8.GetString(value) : null;

    /// <summary>Gets the text of a member.</summary>
    /// <param name="number">The member's number.</param>
    /// <returns>The text.</returns>
    /// <exception cref="FormatException">The member is absent.</exception>
    public string RequiredText(int number) =>
        Text(number) ?? throw new FormatException($"Member {number.ToString(CultureInfo.InvariantCulture)} is missing.");

    public IReadOnlyList<string> Texts(int number) =>
        [.. members.Where(member => member.Number == number).Select(member => Utf8.GetString(member.Value))];

    public bool Flag(int number) => Find(number) is not null;

    public long? Number(int number) => Text(number) is { } text ? ToNumber(text) : null;

    /// <summary>Gets the time of a member, in whole milliseconds.</summary>
    /// <param name="number">The member's number.</param>
    /// <returns>The time.</returns>
    /// <exception cref="FormatException">The member is absent.</exception>
    public DateTimeOffset RequiredTime(int number) => DateTimeOffset.FromUnixTimeMilliseconds(ToNumber(RequiredText(number)));

    private static long ToNumber(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private byte[]? Find(int number) => members.Find(member => member.Number == number).Value;
}
