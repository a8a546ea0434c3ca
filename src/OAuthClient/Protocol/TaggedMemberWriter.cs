using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Writes members one after the other, each as number, length and bytes, after a version and their count. A reader skips numbers that it
/// does not know, so a member can be added without a new version; a number is never used for another member.
/// </summary>
internal sealed class TaggedMemberWriter(byte version)
{
    private readonly List<(int Number, byte[] Value)> members = [];

    /// <summary>Writes a text; nothing when it is absent or empty.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The text.</param>
    public TaggedMemberWriter Text(int number, string? value) =>
        string.IsNullOrEmpty(value) ? this : Bytes(number, TaggedMembers.Utf8.GetBytes(value));

    /// <summary>Writes a list of texts as one member each.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="values">The texts.</param>
    public TaggedMemberWriter Texts(int number, IReadOnlyList<string> values)
    {
        foreach (string value in values)
            Bytes(number, TaggedMembers.Utf8.GetBytes(value));
        return this;
    }

    /// <summary>Writes a member without content; nothing when the value is <see langword="false"/>.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The value.</param>
    public TaggedMemberWriter Flag(int number, bool value) => value ? Bytes(number, []) : this;

    /// <summary>Writes a number; nothing when it is <see langword="null"/>.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The value.</param>
    public TaggedMemberWriter Number(int number, long? value) =>
        value is { } present ? Bytes(number, TaggedMembers.Utf8.GetBytes(present.ToString(CultureInfo.InvariantCulture))) : this;

    public byte[] ToArray()
    {
        using MemoryStream all = new(512);
        using BinaryWriter writer = new(all);
        writer.Write(version);
        writer.Write7BitEncodedInt(members.Count);
        foreach (var (number, value) in members)
        {
            writer.Write7BitEncodedInt(number);
            writer.Write7BitEncodedInt(value.Length);
            writer.Write(value);
        }
        writer.Flush();
        return all.ToArray();
    }

    private TaggedMemberWriter Bytes(int number, byte[] value)
    {
        members.Add((number, value));
        return this;
    }
}
