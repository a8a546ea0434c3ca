using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>How grants end: given back by the application, or replaced by a newer one of the same user.</summary>
internal sealed class GrantEnding(
    CurrentRegistration registration, ServerDiscovery discovery, RevocationEndpoint revocation, OwnerTokens ownerTokens,
    IGrantStore store, RefreshNotes notes, TimeProvider time, ILogger logger)
{
    /// <summary>Forgets first and revokes then, so that nothing is used any more even when the server cannot be reached.</summary>
    public async Task RevokeAllAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        var current = registration.Value;
        var failures = new List<Exception>();
        foreach (var grant in await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false))
        {
            // A refresh under way would bring tokens that nobody revokes; it is waited for.
            await ownerTokens.ExclusivelyAsync(grant, () => EndAsync(grant, current, failures), cancellationToken).ConfigureAwait(false);
        }
        if (failures.Count > 0)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures[0]);
    }

    /// <summary>
    /// Older grants of the same user that a new one covers. They are not revoked: at many servers that would end the new one
    /// too, because it belongs to the same consent.
    /// </summary>
    public async Task ForgetReplacedAsync(Grant newer, IReadOnlyList<Grant> others)
    {
        foreach (var older in others)
        {
            if (string.Equals(older.Server, newer.Server, StringComparison.Ordinal)
                && string.Equals(older.ClientId, newer.ClientId, StringComparison.Ordinal)
                && string.Equals(older.Subject, newer.Subject, StringComparison.Ordinal)
                && ScopeText.Covers(newer.Scopes, older.Scopes))
            {
                await store.RemoveAsync(older, CancellationToken.None).ConfigureAwait(false);
                notes.Forget(older);
            }
        }
    }

    private async Task EndAsync(Grant seen, ClientRegistration current, List<Exception> failures)
    {
        var stored = await store.FindAsync(seen.ClientName, seen.Owner, CancellationToken.None).ConfigureAwait(false);
        var grant = stored.FirstOrDefault(other => string.Equals(other.Id, seen.Id, StringComparison.Ordinal)) ?? seen;
        await store.RemoveAsync(grant, CancellationToken.None).ConfigureAwait(false);
        notes.Forget(grant);
        // Another server's grant (the registration was moved) cannot be revoked at this one.
        if (!OwnerTokens.BelongsTo(grant, current))
            return;
        try
        {
            var server = await discovery.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
            if (server.RevocationEndpoint is null)
            {
                Log.NoRevocationEndpoint(logger, grant.ClientName);
                return;
            }
            // RFC 7009 §2.1: the refresh token first; with it most servers end the access tokens too, but only SHOULD.
            var living = grant.Tokens.Values.Where(token => !(token.ExpiresAt <= time.GetUtcNow()));
            foreach (var token in grant.RefreshToken is { } refreshToken ? living.Prepend<Secret>(refreshToken) : living)
            {
                try
                {
                    await revocation.RevokeAsync(token, current, server, CancellationToken.None).ConfigureAwait(false);
                }
                catch (EndpointException exception)
                {
                    // One token that the server did not take back is no reason to leave it the others.
                    failures.Add(exception);
                }
            }
        }
        catch (Exception exception)
        {
            failures.Add(exception);
        }
    }
}
