using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The members of stored JSON that this build does not know, because a newer one wrote them. They are kept with the object and written
/// again with it, so that a node that is updated last loses nothing.
/// </summary>
internal static class UnknownMembers
{
    /// <summary>The largest total size that is kept, in characters of JSON.</summary>
    internal const int MaximumLength = 16 * 1024;

    /// <summary>Checks the size of the unknown members of one JSON object.</summary>
    /// <param name="members">The members; <see langword="null"/> when there are none.</param>
    /// <returns>The members.</returns>
    /// <exception cref="OAuthException">
    /// They are larger than <see cref="MaximumLength"/>. They are refused, because leaving them out would lose them in the store.
    /// </exception>
    public static Dictionary<string, JsonElement>? Validate(Dictionary<string, JsonElement>? members)
    {
        if (members is null)
            return null;
        int length = 0;
        foreach (var (name, value) in members)
            length += name.Length + value.GetRawText().Length;
        return length <= MaximumLength
            ? members
            : throw new OAuthException(
                $"The stored data hold more than {MaximumLength / 1024} KiB that this version of OAuthClient does not know. A newer "
                    + "version wrote them: update the package on this node."
            );
    }
}
