namespace OAuthClient;

/// <summary>
/// Serializes and deserializes pending logouts. The bytes contain the state in plain text; the caller encrypts them.
/// </summary>
/// <remarks>
/// To add a member, add a number to <see cref="Member"/>, a line to <see cref="Serialize"/> and a line to <see cref="Deserialize"/>, and
/// add a file of sample bytes to those of the tests. Older builds skip the member.
/// </remarks>
internal static class PendingLogoutSerializer
{
    // Version 1 had a fixed order of members.
    internal const byte Version = 2;

    /// <summary>The numbers of the members. A number is never reused for another member.</summary>
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

    /// <summary>Deserializes a pending logout.</summary>
    /// <exception cref="OAuthProtocolException">The data have another version, or contain excess bytes.</exception>
    /// <exception cref="IOException">The data are truncated.</exception>
    /// <exception cref="FormatException">A member is missing or is not a number.</exception>
    /// <exception cref="ArgumentException">A member is not valid UTF-8.</exception>
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
