using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Ends the grants of a user who signed out at the server (OpenID Connect Back-Channel Logout §2.7): forgotten at once, on every node.
/// Nothing is revoked: the server ends what it wants ended. A refresh under way is not waited for: what it brings finds no grant, and is lost.
/// </summary>
/// <remarks>
/// A logout token ends what began up to its <c>iat</c>, so a copy that another node receives ends at most sessions of the same second.
/// This node remembers the <c>jti</c> as well. The store's used states cannot: they are marked in one step, and a token counts as used
/// only after everything ended.
/// </remarks>
internal sealed class SessionTerminator(
    IGrantStore store,
    GrantWriteQueue writes,
    RefreshBackoff backoff,
    InterruptedRefreshes interrupted,
    RecentLogoutTokens recentLogouts,
    ConsumedStates usedTokens,
    ILogger logger
)
{
    /// <summary>What a login that begins to be completed takes along.</summary>
    public long LogoutSequence => recentLogouts.Last;

    /// <param name="current">The client that was told.</param>
    /// <param name="token">Of which session; of all the subject's, when it names none.</param>
    /// <param name="cancellationToken">Stops before the first grant is forgotten, and not later.</param>
    /// <returns>How many grants ended.</returns>
    public async Task<int> EndAsync(ClientConfiguration current, LogoutToken token, CancellationToken cancellationToken)
    {
        string used = UsedOf(token);
        if (usedTokens.Contains(used))
            return 0;
        // Before the look at the store: a login that is stored after it looks here.
        recentLogouts.Add(token, current.PendingAuthorizationLifetime);
        string server = current.ConfiguredMetadata.ServerId;
        string fingerprint = token.Subject is { } subject
            ? Grant.FingerprintOfSubject(current.Name, server, subject)
            : Grant.FingerprintOfSession(current.Name, server, token.SessionId!);
        var ended = new HashSet<string>(StringComparer.Ordinal);
        var grants = await store.FindByFingerprintAsync(fingerprint, cancellationToken).ConfigureAwait(false);
        // Again until there is nothing new: a login may have been completed meanwhile.
        while (
            grants.Where(grant => IsMeant(grant, current, token, grant.FirstIdTokenIssuedAt) && ended.Add(grant.Id)).ToList()
                is { Count: > 0 } meant
        )
        {
            foreach (var grant in meant)
            {
                await store.RemoveAsync(grant, CancellationToken.None).ConfigureAwait(false);
                backoff.Forget(grant);
                interrupted.Remove(grant);
                writes.Discard(grant);
            }
            grants = await store.FindByFingerprintAsync(fingerprint, CancellationToken.None).ConfigureAwait(false);
        }
        // Only now: after a failure the server sends the same token again.
        usedTokens.TryAdd(used, token.AcceptedUntil);
        if (ended.Count > 0)
            Log.SessionEnded(logger, current.Name, ended.Count);
        return ended.Count;
    }

    /// <summary>Forgets a grant just stored if the server has said meanwhile that its user signed out.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="current">The client.</param>
    /// <param name="lastHeard"><see cref="LogoutSequence"/> before the code was sent.</param>
    /// <returns>Whether it ended.</returns>
    public async Task<bool> TryEndNewAsync(Grant grant, ClientConfiguration current, long lastHeard)
    {
        if (grant.FirstIdTokenIssuedAt is not { } issuedAt)
            return false;
        // Many servers stamp iat when the code is redeemed. The user may have been authenticated, and have signed out, long before.
        var authenticatedAt = grant.IdTokenClaims is { } claims ? IdTokenClaimsValidator.TryReadTime(claims, "auth_time") : null;
        if (
            !recentLogouts.AnyAfter(issuedAt, lastHeard, token => IsNamed(grant, token) && IsMeant(grant, current, token, issuedAt))
            && !(
                authenticatedAt < issuedAt
                && recentLogouts.AnyAfter(
                    authenticatedAt.Value,
                    lastHeard,
                    token => IsOfSession(grant, token) && IsMeant(grant, current, token, authenticatedAt)
                )
            )
        )
        {
            return false;
        }
        await store.RemoveAsync(grant, CancellationToken.None).ConfigureAwait(false);
        Log.SessionEnded(logger, current.Name, 1);
        return true;
    }

    // Not the jti alone: at a server that uses one twice, the second logout would not count.
    private static string UsedOf(LogoutToken token) =>
        Fingerprint.Of(
            "jti",
            token.Issuer,
            token.Id,
            token.IssuedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            token.Subject ?? "",
            token.SessionId ?? ""
        );

    private static bool IsNamed(Grant grant, LogoutToken token) =>
        token.Subject is not null || string.Equals(grant.SessionId, token.SessionId, StringComparison.Ordinal);

    // A logout token of a session says nothing of the user's other sessions, which may have begun at any time before.
    private static bool IsOfSession(Grant grant, LogoutToken token) =>
        token.SessionId is null || string.Equals(grant.SessionId, token.SessionId, StringComparison.Ordinal);

    // Not only the store's word. A grant of which no session is known may belong to this one: to end it is the safe side.
    private static bool IsMeant(Grant grant, ClientConfiguration current, LogoutToken token, DateTimeOffset? beganAt) =>
        // Both times are the server's own. A session of the same second may have begun before, so it ends.
        !(beganAt > token.IssuedAt)
        && string.Equals(grant.ClientName, current.Name, StringComparison.Ordinal)
        && string.Equals(grant.ClientId, current.ClientId, StringComparison.Ordinal)
        && string.Equals(grant.Server, current.ConfiguredMetadata.ServerId, StringComparison.Ordinal)
        // All tenants of a server share its name; none speaks for another's users.
        && (current.IssuerTemplate is null || string.Equals(grant.Issuer, token.Issuer, StringComparison.Ordinal))
        && (token.Subject is null || string.Equals(grant.Subject, token.Subject, StringComparison.Ordinal))
        && (
            token.SessionId is null || grant.SessionId is null || string.Equals(grant.SessionId, token.SessionId, StringComparison.Ordinal)
        );
}
