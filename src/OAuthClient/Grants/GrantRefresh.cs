using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>One refresh of one grant (RFC 6749 §6). Whoever calls this made sure that nobody else spends the same grant meanwhile.</summary>
internal sealed class GrantRefresh(
    CurrentRegistration registration, RefreshExchange exchange, SavedGrants grants, RefreshNotes notes, TimeProvider time, ILogger logger)
{
    public static ReauthorizationRequiredException Reauthorize(
        ClientRegistration current, string why, Exception? inner = null, bool isForRefusedToken = false) =>
        new(current.Name, $"The user must authorize {current.DisplayName}: {why}. Begin an authorization.", inner)
        {
            IsForRefusedToken = isForRefusedToken,
        };

    /// <returns>The token; <see langword="null"/> when the grant was ended or replaced meanwhile.</returns>
    /// <exception cref="ReauthorizationRequiredException">The server no longer honours the grant.</exception>
    public async Task<TokenOutcome?> RunAsync(Grant seen, TokenSelection selection, AccessToken? rejected)
    {
        var current = registration.Value;
        while (true)
        {
            // Between the caller's look and this one a refresh may have ended: its token is as good as a new one.
            if (await grants.NewestAsync(seen).ConfigureAwait(false) is not { } grant || !OwnerTokens.BelongsTo(grant, current, seen.Owner))
                return null;
            if (grant.Find(selection.Key) is { } known && !known.Equals(rejected)
                && TokenLife.At(known, renewable: true, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow()) == TokenState.Good)
            {
                return new(known, IsFetched: false);
            }
            if (grant.RefreshToken is not { } refreshToken || notes.IsLost(grant))
                throw Reauthorize(current, "the server no longer honours the grant");

            TokenResponse response;
            try
            {
                response = await exchange.RunAsync(grant, refreshToken, selection, current).ConfigureAwait(false);
            }
            catch (TokenEndpointException exception) when (exception.Error == ErrorCodes.InvalidGrant)
            {
                // Another node may have rotated it. What is newer is adopted; what is not is lost, but never deleted here.
                if (await grants.NewestAsync(grant).ConfigureAwait(false) is not { } stored || !refreshToken.Equals(stored.RefreshToken))
                    continue;
                notes.Lost(grant);
                Log.GrantLost(logger, grant.ClientName);
                throw Reauthorize(current, "the server no longer honours the grant", exception);
            }
            response.AccessToken.ReplacesRejected = rejected is not null;
            if (!await grants.SaveAsync(grant, refreshToken, older => older.Refreshed(response, selection.Key, time.GetUtcNow())).ConfigureAwait(false))
                return null;
            notes.Forget(grant);
            return new(response.AccessToken, IsFetched: true);
        }
    }
}
