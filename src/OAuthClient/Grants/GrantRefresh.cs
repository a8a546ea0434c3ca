using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>One refresh of one grant (RFC 6749 §6). Whoever calls this made sure that nobody else spends the same grant meanwhile.</summary>
internal sealed class GrantRefresh(
    CurrentRegistration registration, ServerDiscovery discovery, TokenEndpointClient tokenEndpoint, IdTokenValidation idTokens,
    IGrantStore store, RefreshNotes notes, TimeProvider time, ILogger logger)
{
    public static ReauthorizationRequiredException Reauthorize(
        ClientRegistration current, string why, Exception? inner = null, bool isForRefusedToken = false) =>
        new(current.Name, $"The resource owner must authorize {current.DisplayName} (again): {why}. Begin an authorization.", inner)
        {
            IsForRefusedToken = isForRefusedToken,
        };

    /// <returns>The token; <see langword="null"/> when the grant was ended or replaced meanwhile, or the registration moved elsewhere.</returns>
    /// <exception cref="ReauthorizationRequiredException">The server no longer honours the grant.</exception>
    public async Task<RefreshOutcome?> RunAsync(Grant seen, TokenSelection selection, AccessToken? rejected)
    {
        var current = registration.Value;
        while (true)
        {
            // Between the caller's look and this one a refresh may have ended: its token is as good as a new one.
            if (await RereadAsync(seen).ConfigureAwait(false) is not { } grant || !OwnerTokens.BelongsTo(grant, current))
                return null;
            if (grant.Find(selection.Key) is { } known && !known.Equals(rejected)
                && TokenLife.At(known, renewable: true, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow()) == TokenState.Good)
            {
                return new(known, IsFresh: false);
            }
            if (grant.RefreshToken is not { } refreshToken || notes.IsLost(grant))
                throw Reauthorize(current, "the server no longer honours the grant");

            TokenResponse response;
            try
            {
                response = await RequestAsync(grant, refreshToken, selection, current).ConfigureAwait(false);
            }
            catch (TokenEndpointException exception) when (exception.Error == ErrorCodes.InvalidGrant)
            {
                // Another node may have rotated it. What is newer is adopted; what is not is lost, but never deleted here.
                if (await RereadAsync(grant).ConfigureAwait(false) is not { } stored || !refreshToken.Equals(stored.RefreshToken))
                    continue;
                notes.Lost(grant);
                Log.GrantLost(logger, grant.ClientName);
                throw Reauthorize(current, "the server no longer honours the grant", exception);
            }
            if (!await SaveAsync(grant, refreshToken, response, selection).ConfigureAwait(false))
                return null;
            notes.Forget(grant);
            if (rejected is not null)
                response.AccessToken.ReplacesRejected = true;
            return new(response.AccessToken, IsFresh: true);
        }
    }

    private async Task<TokenResponse> RequestAsync(Grant grant, RefreshToken refreshToken, TokenSelection selection, ClientRegistration current)
    {
        var server = await discovery.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        var request = new RefreshTokenRequest(
            refreshToken,
            selection.Scopes.Count > 0 ? selection.Scopes : null,
            grant.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : grant.Resources);
        var response = await tokenEndpoint.SendAsync(request, current, server, CancellationToken.None).ConfigureAwait(false);
        if (!IdTokenValidation.IsPossible(server))
            return response.WithoutIdToken();
        if (response.IdToken is not { } idToken)
            return response;
        try
        {
            // A refreshed ID Token need not repeat the nonce (OpenID Connect Core §12.2), but it must be about the same user.
            var validated = await idTokens.RequireAsync(idToken, current, server, nonce: null, CancellationToken.None).ConfigureAwait(false);
            RequireSameUser(grant, validated.Subject);
            return response;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or EndpointException)
        {
            // The keys cannot be had just now, but the refresh token is spent: without its successor the grant would be lost.
            // TLS vouches for the response (§3.1.3.7, 6); the ID Token itself is not adopted.
            RequireSameUser(grant, UnverifiedIdToken.ClaimsOf(idToken).Text("sub"));
            return response.WithoutIdToken();
        }
    }

    private static void RequireSameUser(Grant grant, string? subject)
    {
        if (grant.Subject is not null && !string.Equals(subject, grant.Subject, StringComparison.Ordinal))
            throw new ProtocolViolationException("The refresh brought an ID Token about another user (OpenID Connect Core §12.2); nothing of it was used.");
    }

    /// <returns>Whether there still was a grant to save it to.</returns>
    private async Task<bool> SaveAsync(Grant grant, RefreshToken spent, TokenResponse response, TokenSelection selection)
    {
        while (!await store.TryReplaceAsync(grant.Refreshed(response, selection.Key, time.GetUtcNow()), CancellationToken.None).ConfigureAwait(false))
        {
            if (await RereadAsync(grant).ConfigureAwait(false) is not { } newest)
                return false;
            grant = newest;
            // Someone stored the outcome of another refresh: its refresh token is the newer one, and stays.
            if (!spent.Equals(grant.RefreshToken))
                return true;
        }
        return true;
    }

    private async ValueTask<Grant?> RereadAsync(Grant grant)
    {
        var grants = await store.FindAsync(grant.ClientName, grant.Owner, CancellationToken.None).ConfigureAwait(false);
        return grants.FirstOrDefault(stored => string.Equals(stored.Id, grant.Id, StringComparison.Ordinal));
    }
}

/// <summary>An access token, and whether it came from the server just now.</summary>
internal sealed record RefreshOutcome(AccessToken Token, bool IsFresh);
