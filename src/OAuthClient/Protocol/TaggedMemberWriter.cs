using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Writes a version, the number of members, and each member as number, length and bytes. A reader ignores unknown numbers, so a member can
/// be added without a new version. A number is never reused for another member.
/// </summary>
internal sealed class TaggedMemberWriter(byte version)
{
    private readonly List<(int Number, byte[] Value)> members = [];

    /// <summary>Writes a text, unless it is <see langword="null"/> or empty.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The text.</param>
    public TaggedMemberWriter Text(int number, string? value) =>
        string.IsNullOrEmpty(value) ? this : Bytes(number, TaggedMembers.Utf8.GetBytes(value));

    /// <summary>Writes each text of a list as one member with the same number.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="values">The texts.</param>
    public TaggedMemberWriter Texts(int number, IReadOnlyList<string> values)
    {
        foreach (string value in values)
            Bytes(number, TaggedMembers.Utf8.GetBytes(value));
        return this;
    }

    /// <summary>Writes a member without content, if the value is <see langword="true"/>.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The value.</param>
    public TaggedMemberWriter Flag(int number, bool value) => value ? Bytes(number, []) : this;

    /// <summary>Writes a number, unless it is <see langword="null"/>.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The value.</param>
    public TaggedMemberWriter Number(int number, long? value) => Text(number, value?.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes a time, in whole milliseconds.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="value">The time.</param>
    public TaggedMemberWriter Time(int number, DateTimeOffset value) => Number(number, value.ToUnixTimeMilliseconds());

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
