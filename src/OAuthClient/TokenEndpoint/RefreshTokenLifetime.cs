using System.Text.Json;

namespace OAuthClient;

/// <summary>Finds when a refresh token expires. No specification names the member.</summary>
internal static class RefreshTokenLifetime
{
    /// <summary>Finds the end of the refresh token of a response.</summary>
    /// <param name="members">The members of the response that the specifications do not define.</param>
    /// <param name="issuedAt">The time from which a lifetime is counted.</param>
    /// <returns>
    /// The end; <see langword="null"/> if the response states none. Zero means none: servers state it for a token without an end.
    /// </returns>
    public static DateTimeOffset? Find(IReadOnlyDictionary<string, JsonElement> members, DateTimeOffset issuedAt)
    {
        if (members.Count == 0)
            return null;
        foreach (string name in ServerAdaptation.RefreshTokenExpiryMembers)
        {
            if (members.TryGetValue(name, out var member) && TokenLifetime.TryRead(member, issuedAt) is { } end && end > issuedAt)
                return end;
        }
        return null;
    }
}
