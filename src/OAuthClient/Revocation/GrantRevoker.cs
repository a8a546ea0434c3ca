using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Removes and revokes grants: at the application's request, or because a newer grant of the same owner replaces them.</summary>
internal sealed class GrantRevoker(
    ServerMetadataCache metadata,
    RevocationEndpointClient revocation,
    AccessTokenRenewer renewer,
    IGrantStore store,
    GrantRemover remover,
    GrantWriteQueue writes,
    InterruptedRefreshes interrupted,
    TimeProvider time,
    ILogger logger
)
{
    // More than the browsers of one user. Without a limit, each sign-in of an automated client would add a grant.
    private const int MaximumSignIns = 20;

    /// <summary>
    /// Removes all grants of an owner, and then revokes them, so that they are not used even if the server cannot be reached.
    /// </summary>
    /// <exception cref="EndpointException">The server did not revoke a token.</exception>
    public Task RevokeAllAsync(GrantOwner owner, ClientConfiguration current, CancellationToken cancellationToken) =>
        RevokeAsync(owner, static _ => true, current, cancellationToken);

    /// <summary>Removes the selected grants of an owner, and then revokes them.</summary>
    /// <exception cref="EndpointException">The server did not revoke a token.</exception>
    public async Task RevokeAsync(
        GrantOwner owner,
        Predicate<Grant> isSelected,
        ClientConfiguration current,
        CancellationToken cancellationToken
    )
    {
        var failures = await RemoveAndRevokeAsync(owner, isSelected, current).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (failures is [var first, ..])
            ExceptionDispatchInfo.Throw(first.Fault);
    }

    /// <summary>
    /// Removes the selected grants of an owner, and then revokes them. If the server does not revoke a token, the failure is logged and the
    /// user is signed out nevertheless.
    /// </summary>
    public async Task SignOutAsync(
        GrantOwner owner,
        Predicate<Grant> isSelected,
        ClientConfiguration current,
        CancellationToken cancellationToken
    )
    {
        var failures = await RemoveAndRevokeAsync(owner, isSelected, current).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (failures.FirstOrDefault(failure => !failure.IsRemoved) is { } notRemoved)
            ExceptionDispatchInfo.Throw(notRemoved.Fault);
        if (failures is [var first, ..])
            Log.NotRevoked(logger, current.Name, first.Fault.GetType().Name);
    }

    // Not cancelled, so that a closed browser does not leave tokens that are not revoked. The store is read again after the removals,
    // because it may first return a cached list without the newest grant.
    private async Task<IReadOnlyList<Failure>> RemoveAndRevokeAsync(
        GrantOwner owner,
        Predicate<Grant> isSelected,
        ClientConfiguration current
    )
    {
        var failures = new List<Failure>();
        var seen = new HashSet<string>();
        try
        {
            while (true)
            {
                var grants = await store.FindCurrentAsync(current.Name, owner, CancellationToken.None).ConfigureAwait(false);
                var unseen = grants.Where(grant => isSelected(grant) && seen.Add(grant.Id)).ToList();
                if (unseen.Count == 0)
                    break;
                foreach (var grant in unseen)
                {
                    // Waits for a refresh in progress, whose tokens would not be revoked otherwise.
                    await renewer
                        .ExclusivelyAsync(grant.Id, () => RemoveAndRevokeAsync(grant, current, failures), CancellationToken.None)
                        .ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception)
        {
            failures.Add(new(exception, IsRemoved: false));
        }
        if (seen.Count > 0)
            Log.GrantsRemoved(logger, current.Name, seen.Count);
        return failures;
    }

    /// <summary>
    /// Removes older grants of the same owner that a new grant replaces, and sign-ins beyond the limit. They are revoked only when
    /// <see cref="OAuthClientOptions.RevokeSupersededGrants"/> is set: many servers would then revoke the new grant too, because it
    /// belongs to the same authorization (RFC 7009 §2.1).
    /// </summary>
    /// <param name="newer">The new grant, which is already stored.</param>
    /// <param name="others">The owner's earlier grants, newest first.</param>
    /// <param name="current">The client's configuration.</param>
    public async Task RemoveSupersededAsync(Grant newer, IReadOnlyList<Grant> others, ClientConfiguration current)
    {
        var now = time.GetUtcNow();
        var excess = newer.SignInExpiresAt is null ? [] : others.Where(older => older.SignInExpiresAt is not null).Skip(MaximumSignIns - 1);
        foreach (var older in others.Where(older => Replaces(newer, older, now)).Union(excess))
        {
            if (current.RevokeSupersededGrants)
            {
                // Runs in the background. When the application stops, it waits for the end of the revocation.
                _ = renewer.ExclusivelyAsync(older.Id, () => RevokeSupersededAsync(older, current), CancellationToken.None);
                continue;
            }
            await remover.RemoveAsync(older).ConfigureAwait(false);
        }
    }

    // Removed under the lease, so that tokens of another node's refresh are revoked too.
    private async Task RevokeSupersededAsync(Grant older, ClientConfiguration current)
    {
        var failures = new List<Failure>();
        await RemoveAndRevokeAsync(older, current, failures).ConfigureAwait(false);
        if (failures is not [var first, ..])
            return;
        if (first.IsRemoved)
            Log.SupersededGrantNotRevoked(logger, current.Name, first.Fault.GetType().Name);
        else
            Log.SupersededGrantNotRemoved(logger, current.Name, first.Fault.GetType().Name);
    }

    private static bool Replaces(Grant newer, Grant older, DateTimeOffset now) =>
        older.Owner.Equals(newer.Owner)
        // A sign-in of another browser remains, so that the user stays signed in there and a back-channel logout finds the grant.
        && (!(older.SignInExpiresAt > now) || (newer.SignInId is not null && older.SignInId == newer.SignInId))
        && older.Server == newer.Server
        && older.ClientId == newer.ClientId
        && newer.MayBeOfAccountOf(older)
        // Some servers issue a refresh token only at the first authorization. A grant without one does not replace it.
        && (newer.CanRefresh || !older.CanRefresh)
        && ScopeList.Covers(newer.Scopes, older.Scopes)
        && (
            newer.Resources.Count == 0 || (older.Resources.Count > 0 && older.Resources.All(resource => newer.Resources.Contains(resource)))
        );

    private async Task RemoveAndRevokeAsync(Grant seen, ClientConfiguration current, List<Failure> failures)
    {
        bool isRemoved = false;
        try
        {
            // Another caller may have removed the grant during the wait.
            if (await AcquireExclusiveAsync(seen, current).ConfigureAwait(false) is not { } grant)
                return;
            await remover.RemoveAsync(grant).ConfigureAwait(false);
            isRemoved = true;
            // A grant of another server, from before a change of the configuration, cannot be revoked at this server.
            if (!GrantOwnership.BelongsTo(grant, current, seen.Owner))
                return;
            var server = await metadata.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
            if (server.FindValid(ServerEndpoint.Revocation) is null)
                Log.NoRevocationEndpoint(logger, grant.ClientName);
            else
                await RevokeAsync(grant, current, server, failures).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failures.Add(new(exception, isRemoved));
        }
    }

    // Waits for another node's refresh, whose tokens would not be revoked otherwise, for at most the length of a lease.
    private async Task<Grant?> AcquireExclusiveAsync(Grant seen, ClientConfiguration current)
    {
        // The store has not saved this node's last refresh, so this node still holds the lease.
        if (writes.ApplyPending(seen) is var newer && !ReferenceEquals(newer, seen))
            return newer;
        long start = time.GetTimestamp();
        while (true)
        {
            var result = await store
                .TryAcquireLeaseAsync(seen, interrupted.LeaseOf(seen), current.RefreshLease, CancellationToken.None)
                .ConfigureAwait(false);
            if (result.Current is not { } stored)
                return null;
            var left = current.RefreshLease - time.GetElapsedTime(start);
            if (result.Lease is { } lease)
                interrupted.RecordHeld(stored, lease);
            if (result.Lease is not null || left <= TimeSpan.Zero)
                return writes.ApplyPending(stored);
            if (stored.Generation == seen.Generation)
                await store.WaitForChangeAsync(stored, left, CancellationToken.None).ConfigureAwait(false);
            seen = stored;
        }
    }

    // RFC 7009 §2.1: with the refresh token, a server SHOULD also revoke its access tokens. Those are revoked afterwards, because not all
    // do. A server that did may refuse them, and without the refresh token nothing renews them, so that is no failure.
    private async Task RevokeAsync(Grant grant, ClientConfiguration current, AuthorizationServerMetadata server, List<Failure> failures)
    {
        bool isRefreshTokenRevoked = false;
        if (grant.RefreshToken is { } refreshToken)
            isRefreshTokenRevoked = await TryRevokeAsync(refreshToken).ConfigureAwait(false) is null;
        foreach (var token in grant.Tokens.Values.Where(token => !(token.ExpiresAt <= time.GetUtcNow())))
        {
            if (await TryRevokeAsync(token).ConfigureAwait(false) is { } fault && isRefreshTokenRevoked)
                Log.AccessTokenNotRevoked(logger, current.Name, fault.Error ?? $"{(int)fault.StatusCode}");
        }

        async Task<EndpointException?> TryRevokeAsync(Secret token)
        {
            try
            {
                await revocation.RevokeAsync(token, current, server, CancellationToken.None).ConfigureAwait(false);
                return null;
            }
            catch (EndpointException exception)
            {
                // After a rejected revocation the other tokens are still revoked. If the server cannot be reached, they are not.
                if (!isRefreshTokenRevoked)
                    failures.Add(new(exception, IsRemoved: true));
                return exception;
            }
        }
    }

    /// <param name="Fault">The exception.</param>
    /// <param name="IsRemoved">Whether the grant was removed from the store nevertheless.</param>
    private sealed record Failure(Exception Fault, bool IsRemoved);
}
