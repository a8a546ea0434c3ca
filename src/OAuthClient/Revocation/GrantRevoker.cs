using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>How grants end: given back by the application, or replaced by a newer one of the same user.</summary>
internal sealed class GrantRevoker(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    RevocationEndpointClient revocation,
    UserAccessTokenProvider userAccessTokenProvider,
    IGrantStore store,
    GrantWriteQueue writes,
    RefreshBackoff backoff,
    InterruptedRefreshes interrupted,
    TimeProvider time,
    ILogger logger
)
{
    // More browsers than one user has; without a bound, each sign-in of a robot would leave a grant behind.
    private const int MostSignIns = 20;

    /// <summary>Forgets first and revokes then, so that nothing is used any more even when the server cannot be reached.</summary>
    public async Task RevokeAllAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        if (await EndAllAsync(owner, static _ => true, cancellationToken).ConfigureAwait(false) is [var first, ..])
            ExceptionDispatchInfo.Throw(first.Fault);
    }

    /// <summary>The same for those that are meant, except that a server which does not take them back is no reason for the user to stay.</summary>
    public async Task SignOutAsync(GrantOwner owner, Predicate<Grant> isMeant, CancellationToken cancellationToken)
    {
        var failures = await EndAllAsync(owner, isMeant, cancellationToken).ConfigureAwait(false);
        if (failures.FirstOrDefault(failure => !failure.IsForgotten) is { } stored)
            ExceptionDispatchInfo.Throw(stored.Fault);
        if (failures is [var first, ..])
            Log.NotRevoked(logger, configuration.Name, first.Fault.GetType().Name);
    }

    private async Task<IReadOnlyList<Failure>> EndAllAsync(GrantOwner owner, Predicate<Grant> isMeant, CancellationToken cancellationToken)
    {
        var grants = await store.FindCurrentAsync(configuration.Name, owner, cancellationToken).ConfigureAwait(false);
        // Once begun it goes to the end: a browser that leaves must not leave half of the tokens alive.
        return await EndEveryAsync(owner, isMeant, grants).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    // A store may answer from a memory that knows nothing yet of the newest login; once these have gone it has to look.
    private async Task<IReadOnlyList<Failure>> EndEveryAsync(GrantOwner owner, Predicate<Grant> isMeant, IReadOnlyList<Grant> grants)
    {
        var failures = new List<Failure>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (grants.Where(grant => isMeant(grant) && seen.Add(grant.Id)).ToList() is { Count: > 0 } unseen)
        {
            await EndAllAsync(unseen, failures).ConfigureAwait(false);
            try
            {
                grants = await store.FindCurrentAsync(configuration.Name, owner, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                failures.Add(new(exception, IsForgotten: false));
            }
        }
        return failures;
    }

    private async Task EndAllAsync(IReadOnlyList<Grant> grants, List<Failure> failures)
    {
        var current = configuration.Current;
        foreach (var grant in grants)
        {
            try
            {
                // A refresh under way would bring tokens that nobody revokes; it is waited for.
                await userAccessTokenProvider
                    .ExclusivelyAsync(grant, () => EndAsync(grant, current, failures), CancellationToken.None)
                    .ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                failures.Add(new(exception, IsForgotten: false));
            }
        }
    }

    /// <summary>
    /// Removes older grants of the same user that a new grant can stand in for, and sign-ins beyond the limit. They are revoked only when
    /// <see cref="OAuthClientOptions.RevokeSupersededGrants"/> is set: at many servers that would end the new grant too, because it
    /// belongs to the same consent (RFC 7009 §2.1).
    /// </summary>
    /// <param name="newer">The new grant, which is stored.</param>
    /// <param name="others">The user's grants before it, newest first.</param>
    /// <param name="current">The client.</param>
    public async Task RemoveSupersededAsync(Grant newer, IReadOnlyList<Grant> others, ClientConfiguration current)
    {
        var now = time.GetUtcNow();
        var tooMany = newer.SignInExpiresAt is null ? [] : others.Where(older => older.SignInExpiresAt is not null).Skip(MostSignIns - 1);
        foreach (var older in others.Where(older => Replaces(newer, older, now)).Union(tooMany))
        {
            if (current.RevokeSupersededGrants)
            {
                // Runs detached, as each flight does. When the application stops, it waits for the flight.
                _ = userAccessTokenProvider.ExclusivelyAsync(older, () => RevokeSupersededAsync(older, current), CancellationToken.None);
                continue;
            }
            await store.RemoveAsync(older, CancellationToken.None).ConfigureAwait(false);
            backoff.Forget(older);
            interrupted.Remove(older);
            writes.Discard(older);
        }
    }

    // Removed only here, under the lease: what another node's refresh brings is revoked too.
    private async Task RevokeSupersededAsync(Grant older, ClientConfiguration current)
    {
        var failures = new List<Failure>();
        try
        {
            await EndAsync(older, current, failures).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.SupersededGrantNotRemoved(logger, current.Name, exception.GetType().Name);
        }
        if (failures is [var first, ..])
            Log.SupersededGrantNotRevoked(logger, current.Name, first.Fault.GetType().Name);
    }

    private static bool Replaces(Grant newer, Grant older, DateTimeOffset now) =>
        older.Owner.Equals(newer.Owner)
        // Whoever is signed in by it in another browser stays so, and the server's word that they signed out there must find it.
        && (
            !(older.SignInExpiresAt > now)
            || (newer.SignInId is not null && string.Equals(older.SignInId, newer.SignInId, StringComparison.Ordinal))
        )
        && string.Equals(older.Server, newer.Server, StringComparison.Ordinal)
        && string.Equals(older.ClientId, newer.ClientId, StringComparison.Ordinal)
        && string.Equals(older.Subject, newer.Subject, StringComparison.Ordinal)
        // Some servers give a refresh token at the first login only; it is worth more than a new login without one.
        && (newer.CanRefresh || !older.CanRefresh)
        && ScopeList.Covers(newer.Scopes, older.Scopes)
        && (
            newer.Resources.Count == 0
            || (older.Resources.Count > 0 && older.Resources.All(resource => newer.Resources.Contains(resource, StringComparer.Ordinal)))
        );

    private async Task EndAsync(Grant seen, ClientConfiguration current, List<Failure> failures)
    {
        // Somebody else may have ended it while this call waited.
        if (await AcquireExclusiveAsync(seen, current).ConfigureAwait(false) is not { } grant)
            return;
        await store.RemoveAsync(grant, CancellationToken.None).ConfigureAwait(false);
        backoff.Forget(grant);
        interrupted.Remove(grant);
        writes.Discard(grant);
        // Another server's grant (the registration was moved) cannot be revoked at this one.
        if (!GrantOwnership.BelongsTo(grant, current, seen.Owner))
            return;
        try
        {
            var server = await metadata.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
            if (server.RevocationEndpoint is null)
                Log.NoRevocationEndpoint(logger, grant.ClientName);
            else
                await RevokeAsync(grant, current, server, failures).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failures.Add(new(exception, IsForgotten: true));
        }
    }

    // What another node's refresh is about to bring, nobody would revoke: it is waited for, but not longer than its lease.
    private async Task<Grant?> AcquireExclusiveAsync(Grant seen, ClientConfiguration current)
    {
        // A result that the store has not taken: the lease is this node's own.
        if (writes.ApplyPending(seen) is var newer && !ReferenceEquals(newer, seen))
            return newer;
        long began = time.GetTimestamp();
        while (true)
        {
            var answer = await store
                .TryAcquireLeaseAsync(seen, interrupted.LeaseOf(seen), current.RefreshLease, CancellationToken.None)
                .ConfigureAwait(false);
            if (answer.Current is not { } stored)
                return null;
            var left = current.RefreshLease - time.GetElapsedTime(began);
            if (answer.Lease is { } lease)
                interrupted.RecordHeld(stored, lease);
            if (answer.Lease is not null || left <= TimeSpan.Zero)
                return writes.ApplyPending(stored);
            if (stored.Generation == seen.Generation)
                await store.WaitForChangeAsync(stored, left, CancellationToken.None).ConfigureAwait(false);
            seen = stored;
        }
    }

    // RFC 7009 §2.1: the refresh token first; with it most servers end the access tokens too, but only SHOULD.
    private async Task RevokeAsync(Grant grant, ClientConfiguration current, AuthorizationServerMetadata server, List<Failure> failures)
    {
        var live = grant.Tokens.Values.Where(token => !(token.ExpiresAt <= time.GetUtcNow()));
        foreach (Secret token in grant.RefreshToken is { } refreshToken ? live.Prepend<Secret>(refreshToken) : live)
        {
            try
            {
                await revocation.RevokeAsync(token, current, server, CancellationToken.None).ConfigureAwait(false);
            }
            catch (EndpointException exception)
            {
                // One token that the server did not take back is no reason to leave it the others; a server that is away, is.
                failures.Add(new(exception, IsForgotten: true));
            }
        }
    }

    /// <param name="Fault">What happened.</param>
    /// <param name="IsForgotten">Whether the grant is gone here all the same.</param>
    private sealed record Failure(Exception Fault, bool IsForgotten);
}
