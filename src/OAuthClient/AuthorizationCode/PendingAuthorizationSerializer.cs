namespace OAuthClient;

/// <summary>
/// Serializes pending authorizations for a cookie. The data contain state, nonce and code verifier in plain text, and the caller encrypts
/// them at once.
/// </summary>
/// <remarks>
/// To add a member: a constant with a new number, its line in <see cref="Serialize"/> and its line in <see cref="Deserialize"/>; then a new
/// file of sample data beside those of the tests. Older builds skip the member. <see cref="Version"/> rises only when that would do harm,
/// for example when the member is a condition that the callback must meet.
/// </remarks>
internal static class PendingAuthorizationSerializer
{
    // Versions 1 and 2 had a fixed order of members.
    internal const byte Version = 3;

    // The numbers of the members. A number is never reused for another member.
    private const int ClientName = 1;
    private const int Server = 2;
    private const int Issuer = 3;
    private const int RequiresIssuer = 4;
    private const int RequiresRedirectPathMatch = 5;
    private const int RedirectUri = 6;
    private const int State = 7;
    private const int Nonce = 8;
    private const int MaxAge = 9;
    private const int RequiredAcrValues = 10;
    private const int CodeVerifier = 11;
    private const int Scopes = 12;
    private const int Resources = 13;
    private const int ExpiresAt = 14;
    private const int StoreInstanceId = 15;
    private const int RenewsSignIn = 16;
    private const int Repeated = 17;
    private const int DPoPThumbprint = 18;
    private const int DPoPPrivateKey = 19; // 20 was the time at which the key was created.

    public static byte[] Serialize(PendingAuthorization pending) =>
        new TaggedMemberWriter(Version)
            .Text(ClientName, pending.ClientName)
            .Text(Server, pending.Server)
            .Text(Issuer, pending.Issuer)
            .Flag(RequiresIssuer, pending.RequiresIssuer)
            .Flag(RequiresRedirectPathMatch, pending.RequiresRedirectPathMatch)
            .Text(RedirectUri, pending.RedirectUri)
            .Text(State, pending.State)
            .Text(Nonce, pending.Nonce)
            .Number(MaxAge, pending.MaxAge is { } age ? (long)age.TotalSeconds : null)
            .Text(RequiredAcrValues, ScopeList.Join(pending.RequiredAcrValues))
            .Text(CodeVerifier, pending.CodeVerifier?.Reveal())
            .Text(Scopes, ScopeList.Join(pending.Scopes))
            .Texts(Resources, pending.Resources)
            .Time(ExpiresAt, pending.ExpiresAt)
            .Number(StoreInstanceId, pending.StoreInstanceId is 0 ? null : pending.StoreInstanceId)
            .Flag(RenewsSignIn, pending.RenewsSignIn)
            .Texts(Repeated, pending.Repeated)
            .Text(DPoPThumbprint, pending.DPoPKey?.Thumbprint)
            .Text(DPoPPrivateKey, pending.DPoPKey?.PrivateJwk?.Reveal())
            .ToArray();

    /// <exception cref="OAuthProtocolException">Another version of the library wrote the data, or there are excess data.</exception>
    /// <exception cref="IOException">The data end too early.</exception>
    /// <exception cref="FormatException">A member is missing or is not a number.</exception>
    /// <exception cref="ArgumentException">A member is not valid UTF-8 or not a code verifier.</exception>
    public static PendingAuthorization Deserialize(byte[] data)
    {
        var members = new TaggedMembers(data, Version, "authorization");
        return new()
        {
            ClientName = members.Text(ClientName) ?? "",
            Server = members.RequiredText(Server),
            Issuer = members.Text(Issuer),
            RequiresIssuer = members.Flag(RequiresIssuer),
            RequiresRedirectPathMatch = members.Flag(RequiresRedirectPathMatch),
            RedirectUri = members.RequiredText(RedirectUri),
            State = members.RequiredText(State),
            Nonce = members.Text(Nonce),
            MaxAge = members.Number(MaxAge) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            RequiredAcrValues = ScopeList.Split(members.Text(RequiredAcrValues) ?? ""),
            CodeVerifier = members.Text(CodeVerifier) is { } verifier ? new CodeVerifier(verifier) : null,
            Scopes = ScopeList.Split(members.Text(Scopes) ?? ""),
            Resources = members.Texts(Resources),
            ExpiresAt = members.RequiredTime(ExpiresAt),
            StoreInstanceId = (int)(members.Number(StoreInstanceId) ?? 0),
            RenewsSignIn = members.Flag(RenewsSignIn),
            Repeated = members.Texts(Repeated),
            DPoPKey = members.Text(DPoPThumbprint) is { } thumbprint
                ? new(thumbprint, members.Text(DPoPPrivateKey) is { } privateJwk ? new PrivateKey(privateJwk) : null)
                : null,
        };
    }
}
