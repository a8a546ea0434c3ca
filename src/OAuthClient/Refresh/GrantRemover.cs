namespace OAuthClient;

/// <summary>Removes grants from the store, with all that this process keeps about them. Tokens are not revoked.</summary>
internal sealed class GrantRemover(
    IGrantStore store,
    GrantWriteQueue writes,
    RefreshBackoff backoff,
    InterruptedRefreshes interrupted,
    RefreshTokenExpirations expirations
)
{
    /// <summary>
    /// Removes a grant. What this process keeps is discarded after the store has removed the grant, so that nothing is lost if it fails.
    /// </summary>
    public async Task RemoveAsync(Grant grant)
    {
        await store.RemoveAsync(grant, CancellationToken.None).ConfigureAwait(false);
        backoff.Clear(grant.Id);
        interrupted.Remove(grant);
        expirations.Remove(grant);
        writes.Discard(grant);
    }
}
