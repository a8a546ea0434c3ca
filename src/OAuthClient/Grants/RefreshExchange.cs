using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Spends a refresh token, and makes sure that what comes is about the same user.</summary>
internal sealed class RefreshExchange(
    ServerDiscovery discovery, TokenEndpointClient tokenEndpoint, IdTokenValidation idTokens, ILogger logger)
{
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    /// <exception cref="ProtocolViolationException">What came is about somebody else, or no token response.</exception>
    public async Task<TokenResponse> RunAsync(Grant grant, RefreshToken refreshToken, TokenSelection selection, ClientRegistration current)
    {
        var server = await discovery.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        var request = new RefreshTokenRequest(
            refreshToken,
            selection.Scopes.Count > 0 ? selection.Scopes : null,
            grant.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : grant.Resources);
        var response = await tokenEndpoint.SendAsync(request, current, server, CancellationToken.None).ConfigureAwait(false);
        return response.IdToken is { } idToken && !await IsSoundAsync(idToken, grant, current, server).ConfigureAwait(false)
            ? response.WithoutIdToken()
            : response;
    }

    // The refresh token is spent by now, and what replaced it must be kept: a server that repeats its expired ID Token, or whose
    // keys cannot be had just now, costs that ID Token only. Another user's tokens are another matter (OpenID Connect Core §12.2).
    private async Task<bool> IsSoundAsync(IdToken idToken, Grant grant, ClientRegistration current, AuthorizationServerMetadata server)
    {
        if (!IdTokenValidation.IsPossible(server))
            return false;
        RequireSameUser(idToken, grant, server);
        try
        {
            await idTokens.RequireAsync(idToken, current, server, nonce: null, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            Log.RefreshedIdTokenDropped(logger, grant.ClientName, exception.GetType().Name);
            return false;
        }
    }

    private static void RequireSameUser(IdToken idToken, Grant grant, AuthorizationServerMetadata server)
    {
        if (UnverifiedIdToken.TryReadClaims(idToken) is not { } claims)
            return;
        if (grant.Subject is not null && !string.Equals(claims.TextIfAny("sub"), grant.Subject, StringComparison.Ordinal))
            throw new ProtocolViolationException("The refresh brought an ID Token about another user (OpenID Connect Core §12.2); nothing of it was used.");
        if (!string.Equals(claims.TextIfAny("iss"), server.Issuer, StringComparison.Ordinal))
            throw new ProtocolViolationException("The refresh brought an ID Token of another issuer (OpenID Connect Core §12.2); nothing of it was used.");
    }
}
