namespace OAuthClient;

/// <summary>Estimates the memory that a grant occupies, for the limit of the cache.</summary>
internal static class GrantSize
{
    // The objects of a grant and of an access token without their texts.
    private const int GrantOverhead = 900;
    private const int TokenOverhead = 400;

    /// <summary>Returns the estimated size in bytes.</summary>
    public static long Of(Grant grant) =>
        GrantOverhead
        + Of(grant.Id)
        + Of(grant.ClientName)
        + Of(grant.Server)
        + Of(grant.ClientId)
        + Of(grant.Subject)
        + Of(grant.SessionId)
        + Of(grant.SignInId)
        + Of(grant.RefreshToken?.Reveal())
        + Of(grant.IdToken?.Reveal())
        + grant.Scopes.Sum(Of)
        + grant.Resources.Sum(Of)
        // A token also keeps the header.
        + grant.Tokens.Sum(token => TokenOverhead + Of(token.Key) + 2 * Of(token.Value.Reveal()) + token.Value.Scopes.Sum(Of));

    private static long Of(string? text) => text is null ? 0 : 24 + 2L * text.Length;
}
