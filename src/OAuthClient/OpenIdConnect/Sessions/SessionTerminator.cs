using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Removes the grants of a user who signed out at the server (OpenID Connect Back-Channel Logout §2.7), at once and on every node. Tokens
/// are not revoked, because the server decides which tokens end with the session. It does not wait for a refresh in progress: the result of
/// such a refresh finds no grant and is discarded.
/// </summary>
/// <remarks>
/// A logout token ends sessions that began up to its <c>iat</c>, so a replay at another node ends at most sessions of the same second. This
/// node also rejects a repeated <c>jti</c>. The store's consumed states are not used for it: they are marked in one step, but a token
/// counts as used only after all grants are removed.
/// </remarks>
internal sealed class SessionTerminator(
    IGrantStore store,
    GrantRemover remover,
    RecentLogoutTokens recentLogouts,
    ConsumedStates usedTokens,
    ILogger logger
)
{
    /// <summary>
    /// Gets the number of the last logout token. A login that is being completed passes it to <see cref="TryEndNewAsync"/>.
    /// </summary>
    public long LogoutSequence => recentLogouts.Last;

    /// <summary>Removes the grants that a logout token names.</summary>
    /// <param name="current">The client that received the token.</param>
    /// <param name="token">The logout token. When it names no session, all sessions of the subject end.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not observed after the first grant is removed.
    /// </param>
    /// <returns>The number of removed grants.</returns>
    public async Task<int> EndAsync(ClientConfiguration current, LogoutToken token, CancellationToken cancellationToken)
    {
        string tokenKey = TokenKey(token);
        if (usedTokens.Contains(tokenKey))
            return 0;
        // Recorded before the store is read: a login that is stored later checks the recorded tokens.
        recentLogouts.Add(token, current.PendingAuthorizationLifetime);
        string server = current.ServerId;
        string fingerprint = token.Subject is { } subject
            ? GrantFingerprint.OfSubject(current.Name, server, subject)
            : GrantFingerprint.OfSession(current.Name, server, token.SessionId!);
        var removed = new HashSet<string>();
        var grants = await store.FindByFingerprintAsync(fingerprint, cancellationToken).ConfigureAwait(false);
        // Repeated until no new grant is found, because a login may be completed meanwhile.
        while (
            grants.Where(grant => Matches(grant, current, token, grant.FirstIdTokenIssuedAt) && removed.Add(grant.Id)).ToList()
                is { Count: > 0 } matching
        )
        {
            foreach (var grant in matching)
            {
                await remover.RemoveAsync(grant).ConfigureAwait(false);
            }
            grants = await store.FindByFingerprintAsync(fingerprint, CancellationToken.None).ConfigureAwait(false);
        }
        // Marked after the removal: after a failure the server may send the same token again.
        usedTokens.TryAdd(tokenKey, token.AcceptedUntil);
        if (removed.Count > 0)
            Log.SessionEnded(logger, current.Name, removed.Count);
        return removed.Count;
    }

    /// <summary>Removes a grant that was just stored if a logout token for its user arrived meanwhile.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="current">The client.</param>
    /// <param name="lastSequence">The value of <see cref="LogoutSequence"/> before the code was sent.</param>
    /// <returns>Whether the grant was removed.</returns>
    public async Task<bool> TryEndNewAsync(Grant grant, ClientConfiguration current, long lastSequence)
    {
        if (grant.FirstIdTokenIssuedAt is not { } issuedAt)
            return false;
        // Many servers set iat when the code is redeemed. The user may have been authenticated, and have signed out, long before that.
        var authenticatedAt = grant.IdTokenClaims is { } claims ? NumericDate.TryRead(claims, "auth_time") : null;
        if (
            !recentLogouts.AnyAfter(issuedAt, lastSequence, token => IsNamed(grant, token) && Matches(grant, current, token, issuedAt))
            && !(
                authenticatedAt < issuedAt
                && recentLogouts.AnyAfter(
                    authenticatedAt.Value,
                    lastSequence,
                    token => IsOfSession(grant, token) && Matches(grant, current, token, authenticatedAt)
                )
            )
        )
        {
            return false;
        }
        await remover.RemoveAsync(grant).ConfigureAwait(false);
        Log.SessionEnded(logger, current.Name, 1);
        return true;
    }

    // Includes more than the jti: if a server reused a jti, the second logout would be ignored.
    private static string TokenKey(LogoutToken token) =>
        Fingerprint.Of(
            "jti",
            token.Issuer,
            token.Id,
            token.IssuedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            token.Subject ?? "",
            token.SessionId ?? ""
        );

    private static bool IsNamed(Grant grant, LogoutToken token) => token.Subject is not null || grant.SessionId == token.SessionId;

    // A logout token of one session does not affect the user's other sessions.
    private static bool IsOfSession(Grant grant, LogoutToken token) => token.SessionId is null || grant.SessionId == token.SessionId;

    // Does not rely on the store's lookup alone. A grant without a known session may belong to the session, so it is removed.
    private static bool Matches(Grant grant, ClientConfiguration current, LogoutToken token, DateTimeOffset? startedAt) =>
        // Both times are from the server's clock. A session of the same second may have begun before the logout, so it ends.
        !(startedAt > token.IssuedAt)
        && GrantOwnership.BelongsTo(grant, current)
        // All tenants share the server's identifier, but a tenant's token may end only sessions of its own users.
        && (current.IssuerTemplate is null || grant.Issuer == token.Issuer)
        && (token.Subject is null || grant.Subject == token.Subject)
        && (grant.SessionId is null || IsOfSession(grant, token));
}
