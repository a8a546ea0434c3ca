namespace OAuthClient;

public sealed partial class Grant
{
    /// <summary>
    /// Creates the next generation, after a refresh. Without a new refresh token the old one stays valid (RFC 6749 §6). Without a usable
    /// access token the earlier ones stay.
    /// </summary>
    internal Grant Refreshed(TokenResponse response, string selectionKey, DateTimeOffset now, bool hasMoved = true)
    {
        var tokens = Tokens;
        if (response.UsableAccessToken is { } received)
        {
            // A stored token is replaced only by a newer one. If no other node stored a generation meanwhile, clocks are not compared.
            var token = hasMoved && Find(selectionKey) is { } stored && stored.IssuedAt > received.IssuedAt ? stored : received;
            tokens = GrantAccessTokens.Set(Tokens, selectionKey, token, now);
        }
        return new(this)
        {
            RefreshToken = response.RefreshToken ?? RefreshToken,
            RefreshTokenExpiresAt =
                response.RefreshTokenExpiresAt
                // The end of another refresh token does not apply to a new one.
                ?? (response.RefreshToken is null || response.RefreshToken.Equals(RefreshToken) ? RefreshTokenExpiresAt : null),
            IdToken = response.IdToken ?? IdToken,
            DPoPKey = response.ProofKey ?? DPoPKey,
            Tokens = tokens,
            Scopes = RemainingScopes(response, selectionKey),
            AuthorizationDetails =
                (selectionKey.Length == 0 ? response.UsableAccessToken?.AuthorizationDetails : null) ?? AuthorizationDetails,
            TokenResponseMembers = Merge(TokenResponseMembers, response.AdditionalMembers, UntrustedCallbackParameters),
        };
    }

    /// <summary>
    /// Determines the scopes that remain after a refresh for all scopes. If the server states only some of the granted scopes, it has
    /// narrowed the grant: four of five servers do so after a refresh for fewer scopes. A response that names other scopes spells them
    /// in another way, and says nothing about the grant.
    /// </summary>
    private IReadOnlyList<string> RemainingScopes(TokenResponse response, string selectionKey)
    {
        if (selectionKey.Length > 0 || response.UsableAccessToken?.Scopes is not { Count: > 0 } stated || ReferenceEquals(stated, Scopes))
            return Scopes;
        if (!stated.All(scope => IsOfProtocol(scope) || Scopes.Contains(scope)) || stated.All(IsOfProtocol))
            return Scopes;
        return Scopes.All(scope => IsOfProtocol(scope) || stated.Contains(scope))
            ? Scopes
            : [.. Scopes.Where(scope => IsOfProtocol(scope) || stated.Contains(scope))];
    }

    // Servers leave these out of the scopes of a refresh, although they still apply.
    private static bool IsOfProtocol(string scope) => scope is ScopeList.OpenId or ScopeList.OfflineAccess;
}
