using System.Text.Json;

namespace OAuthClient;

/// <summary>Limits the members of a response, and the parameters of a callback, that a grant keeps.</summary>
internal static class AdditionalMemberLimit
{
    /// <summary>The maximum total length of names and values, in characters of JSON.</summary>
    public const int MaximumLength = 16 * 1024;

    /// <summary>
    /// The part of <see cref="MaximumLength"/> that parameters of a callback may use, because every user can choose them.
    /// </summary>
    public const int MaximumCallbackLength = 4 * 1024;

    /// <summary>Gets the length of a member.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <returns>The length in characters of JSON.</returns>
    public static int LengthOf(string name, JsonElement value) => name.Length + value.GetRawText().Length;

    /// <summary>
    /// Selects members up to a total length. The shortest are kept, so that one long member does not displace the others.
    /// </summary>
    /// <param name="members">The members.</param>
    /// <param name="maximum">The maximum total length.</param>
    /// <returns>The members to keep.</returns>
    public static IEnumerable<KeyValuePair<string, JsonElement>> Apply(IEnumerable<KeyValuePair<string, JsonElement>> members, int maximum)
    {
        int length = 0;
        return members
            .Select(member => (Member: member, Length: LengthOf(member.Key, member.Value)))
            .OrderBy(member => member.Length)
            .TakeWhile(member => (length += member.Length) <= maximum)
            .Select(member => member.Member)
            .ToList();
    }
}
