namespace OAuthClient;

/// <summary>
/// Writes pending logouts as bytes for a cookie, and reads them. The bytes hold the state in plain text and are encrypted at once by the
/// caller.
/// </summary>
/// <remarks>
/// To add a member: a new number in <see cref="Member"/>, its line in <see cref="Serialize"/> and its line in <see cref="Deserialize"/>;
/// then a new file of sample bytes beside those of the tests. Older builds skip the member.
/// </remarks>
internal static class PendingLogoutSerializer
{
    // 1 had a fixed order of members.
    internal const byte Version = 2;

    /// <summary>The members' numbers. A number is never used again for another member.</summary>
    private enum Member
    {
        ClientName = 1,
        ExpectsRedirect = 2,
        State = 3,
        ExpiresAt = 4,
    }

    public static byte[] Serialize(PendingLogout pending) =>
        new TaggedMemberWriter(Version)
            .Text((int)Member.ClientName, pending.ClientName)
            .Flag((int)Member.ExpectsRedirect, pending.ExpectsRedirect)
            .Text((int)Member.State, pending.State)
            .Number((int)Member.ExpiresAt, pending.ExpiresAt.ToUnixTimeMilliseconds())
            .ToArray();

    /// <exception cref="OAuthProtocolException">Another version of the library wrote the data, or more follows.</exception>
    /// <exception cref="IOException">The data end too early.</exception>
    /// <exception cref="FormatException">A member is missing or no number.</exception>
    /// <exception cref="ArgumentException">A member is no UTF-8.</exception>
    public static PendingLogout Deserialize(byte[] data)
    {
        var members = TaggedMembers.Read(data, Version, "logout");
        return new()
        {
            ClientName = members.Text((int)Member.ClientName) ?? "",
            ExpectsRedirect = members.Flag((int)Member.ExpectsRedirect),
            State = members.Text((int)Member.State),
            ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(
                members.Number((int)Member.ExpiresAt) ?? throw new FormatException("ExpiresAt is missing.")
            ),
        };
    }
}
