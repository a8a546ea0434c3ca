using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The members of stored JSON that this version does not know, because a newer version wrote them. They are kept with the object and
/// written back with it, so that a node that is updated later than others loses no data.
/// </summary>
internal static class UnknownMembers
{
    /// <summary>The maximum total size, in characters of JSON.</summary>
    internal const int MaximumLength = 16 * 1024;

    /// <summary>Verifies the size of the unknown members of one JSON object.</summary>
    /// <param name="members">The members; <see langword="null"/> if there are none.</param>
    /// <returns>The members.</returns>
    /// <exception cref="OAuthException">
    /// They are larger than <see cref="MaximumLength"/>. Reading without them would remove them from the store.
    /// </exception>
    public static Dictionary<string, JsonElement>? Validate(Dictionary<string, JsonElement>? members)
    {
        if (members?.Sum(member => member.Key.Length + member.Value.GetRawText().Length) > MaximumLength)
            throw new OAuthException(
                $"The stored data has more than {MaximumLength / 1024} KiB of members that this version of OAuthClient does not know. A "
                    + "newer version wrote them: update the package on this node."
            );
        return members;
    }
}
