namespace OAuthClient;

/// <summary>Estimates the memory that a grant occupies, for the limit of the cache.</summary>
internal static class GrantSize
{
    // The objects of a grant and of an access token with their short texts.
    private const int OfGrant = 1200;
    private const int OfToken = 500;
    private const int OfText = 32;
    private const int OfMember = 400;

    /// <summary>
    /// Returns the estimated size in bytes. A character takes two bytes, and an access token is kept a second time as a header.
    /// </summary>
    public static long Of(Grant grant) =>
        OfGrant
        + 2L * (grant.RefreshToken?.Reveal().Length ?? 0)
        + 2L * (grant.DPoPKey?.PrivateJwk?.Reveal().Length ?? 0)
        // With its parsed claims.
        + 6L * (grant.IdToken?.Reveal().Length ?? 0)
        + Of(grant.Scopes)
        + Of(grant.Resources)
        + Of(grant.AuthorizationParameters)
        + 2L * grant.UserInfoAccountLength
        + Of(grant.TokenResponseMembers)
        + Of(grant.UntrustedCallbackParameters)
        + Of(grant.AuthorizationDetails)
        + grant.Tokens.Values.Sum(token =>
            OfToken + 4L * token.Reveal().Length + Of(token.Scopes) + Of(token.Resources) + Of(token.AuthorizationDetails)
        );

    // With the parsed JSON of each member.
    private static long Of(IReadOnlyDictionary<string, AdditionalMember> members) =>
        members.Sum(member => OfMember + 4L * AdditionalMemberLimit.LengthOf(member.Key, member.Value.RevealJson()));

    // With the parsed JSON.
    private static long Of(AuthorizationDetails? details) => details is null ? 0 : OfMember + 4L * details.ToJson().Length;

    private static long Of(IReadOnlyList<string> texts) => texts.Sum(text => OfText + 2L * text.Length);
}
