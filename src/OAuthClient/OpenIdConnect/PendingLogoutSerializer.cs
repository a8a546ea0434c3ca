namespace OAuthClient;

/// <summary>
/// Serializes and deserializes pending logouts. The bytes contain the state in plain text; the caller encrypts them.
/// </summary>
/// <remarks>
/// To add a member, add a constant with a new number, a line to <see cref="Serialize"/> and a line to <see cref="Deserialize"/>, and add a
/// file of sample bytes to those of the tests. Older builds skip the member.
/// </remarks>
internal static class PendingLogoutSerializer
{
    // Version 1 had a fixed order of members.
    internal const byte Version = 2;

    // The numbers of the members. A number is never reused for another member.
    private const int ClientName = 1;
    private const int ExpectsRedirect = 2;
    private const int State = 3;
    private const int ExpiresAt = 4;

    public static byte[] Serialize(PendingLogout pending) =>
        new TaggedMemberWriter(Version)
            .Text(ClientName, pending.ClientName)
            .Flag(ExpectsRedirect, pending.ExpectsRedirect)
            .Text(State, pending.State)
            .Time(ExpiresAt, pending.ExpiresAt)
            .ToArray();

    /// <summary>Deserializes a pending logout.</summary>
    /// <exception cref="OAuthProtocolException">The data have another version, or contain excess bytes.</exception>
    /// <exception cref="IOException">The data are truncated.</exception>
    /// <exception cref="FormatException">A member is missing or is not a number.</exception>
    /// <exception cref="ArgumentException">A member is not valid UTF-8.</exception>
    public static PendingLogout Deserialize(byte[] data)
    {
        var members = new TaggedMembers(data, Version, "logout");
        return new()
        {
            ClientName = members.Text(ClientName) ?? "",
            ExpectsRedirect = members.Flag(ExpectsRedirect),
            State = members.Text(State),
            ExpiresAt = members.RequiredTime(ExpiresAt),
        };
    }
}
