namespace OAuthClient;

/// <summary>
/// Serializes pending authorizations for a cookie. The data contain state, nonce and code verifier in plain text, and the caller encrypts
/// them at once.
/// </summary>
/// <remarks>
/// To add a member: a new number in <see cref="Member"/>, its line in <see cref="Serialize"/> and its line in <see cref="Deserialize"/>;
/// then a new file of sample data beside those of the tests. Older builds skip the member. <see cref="Version"/> rises only when that
/// would do harm, for example when the member is a condition that the callback must meet.
/// </remarks>
internal static class PendingAuthorizationSerializer
{
    // Versions 1 and 2 had a fixed order of members.
    internal const byte Version = 3;

    /// <summary>The numbers of the members. A number is never reused for another member.</summary>
    private enum Member
    {
        ClientName = 1,
        Server = 2,
        Issuer = 3,
        RequiresIssuer = 4,
        RequiresRedirectPathMatch = 5,
        RedirectUri = 6,
        State = 7,
        Nonce = 8,
        MaxAge = 9,
        RequiredAcrValues = 10,
        CodeVerifier = 11,
        Scopes = 12,
        Resources = 13,
        ExpiresAt = 14,
        StoreInstanceId = 15,
        RenewsSignIn = 16,
    }

    public static byte[] Serialize(PendingAuthorization pending) =>
        new TaggedMemberWriter(Version)
            .Text((int)Member.ClientName, pending.ClientName)
            .Text((int)Member.Server, pending.Server)
            .Text((int)Member.Issuer, pending.Issuer)
            .Flag((int)Member.RequiresIssuer, pending.RequiresIssuer)
            .Flag((int)Member.RequiresRedirectPathMatch, pending.RequiresRedirectPathMatch)
            .Text((int)Member.RedirectUri, pending.RedirectUri)
            .Text((int)Member.State, pending.State)
            .Text((int)Member.Nonce, pending.Nonce)
            .Number((int)Member.MaxAge, pending.MaxAge is { } age ? (long)age.TotalSeconds : null)
            .Text((int)Member.RequiredAcrValues, ScopeList.Join(pending.RequiredAcrValues))
            .Text((int)Member.CodeVerifier, pending.CodeVerifier.Reveal())
            .Text((int)Member.Scopes, ScopeList.Join(pending.Scopes))
            .Texts((int)Member.Resources, pending.Resources)
            .Number((int)Member.ExpiresAt, pending.ExpiresAt.ToUnixTimeMilliseconds())
            .Number((int)Member.StoreInstanceId, pending.StoreInstanceId is 0 ? null : pending.StoreInstanceId)
            .Flag((int)Member.RenewsSignIn, pending.RenewsSignIn)
            .ToArray();

    /// <exception cref="OAuthProtocolException">Another version of the library wrote the data, or there are excess data.</exception>
    /// <exception cref="IOException">The data end too early.</exception>
    /// <exception cref="FormatException">A member is missing or is not a number.</exception>
    /// <exception cref="ArgumentException">A member is not valid UTF-8 or not a code verifier.</exception>
    public static PendingAuthorization Deserialize(byte[] data)
    {
        var members = TaggedMembers.Read(data, Version, "authorization");
        return new()
        {
            ClientName = members.Text((int)Member.ClientName) ?? "",
            Server = members.RequiredText((int)Member.Server),
            Issuer = members.Text((int)Member.Issuer),
            RequiresIssuer = members.Flag((int)Member.RequiresIssuer),
            RequiresRedirectPathMatch = members.Flag((int)Member.RequiresRedirectPathMatch),
            RedirectUri = members.RequiredText((int)Member.RedirectUri),
            State = members.RequiredText((int)Member.State),
            Nonce = members.Text((int)Member.Nonce),
            MaxAge = members.Number((int)Member.MaxAge) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            RequiredAcrValues = ScopeList.Split(members.Text((int)Member.RequiredAcrValues) ?? ""),
            CodeVerifier = new CodeVerifier(members.RequiredText((int)Member.CodeVerifier)),
            Scopes = ScopeList.Split(members.Text((int)Member.Scopes) ?? ""),
            Resources = members.Texts((int)Member.Resources),
            ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(
                members.Number((int)Member.ExpiresAt) ?? throw new FormatException("ExpiresAt is missing.")
            ),
            StoreInstanceId = (int)(members.Number((int)Member.StoreInstanceId) ?? 0),
            RenewsSignIn = members.Flag((int)Member.RenewsSignIn),
        };
    }
}
