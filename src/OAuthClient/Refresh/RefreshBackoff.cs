namespace OAuthClient;

/// <summary>
/// Remembers failed refreshes in this process, so that their requests are not repeated immediately. The key of a refresh is the identifier
/// of its grant; for the client's own tokens, it is their scopes and resources.
/// </summary>
/// <param name="capacity">
/// The maximum number of entries of each kind. A removed entry costs one more token request, or one more request to the store, which
/// records a rejected refresh token.
/// </param>
internal sealed class RefreshBackoff(int capacity = 10_000)
{
    /// <summary>The pause after a failed early refresh, during which the access token is still valid.</summary>
    public static readonly TimeSpan EarlyPause = TimeSpan.FromSeconds(5);

    /// <summary>The pause after a failed refresh that a caller waited for. Concurrent callers within it share one request.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly BoundedCache<string, RefreshToken> lost = new(capacity);
    private readonly BoundedCache<string, bool> earlyFailures = new(capacity);
    private readonly BoundedCache<string, AccessTokenRenewal> failures = new(capacity);

    /// <summary>Records that the server rejected the grant's refresh token with <c>invalid_grant</c>. It is not sent again.</summary>
    public void RecordLost(Grant grant)
    {
        if (grant.RefreshToken is { } rejected)
            lost.Set(grant.Id, rejected);
    }

    public bool IsLost(Grant grant) => lost.TryGet(grant.Id, out var rejected) && rejected.Equals(grant.RefreshToken);

    public void RecordEarlyFailure(string key, DateTimeOffset now) => earlyFailures.Set(key, true, now + EarlyPause, now);

    public bool CanRefreshEarly(string key, DateTimeOffset now) => !earlyFailures.TryGet(key, now, out _);

    public void RecordFailure(string key, AccessTokenRenewal failed, DateTimeOffset now) => failures.Set(key, failed, now + Pause, now);

    /// <summary>Gets a refresh with the same parameters that failed within <see cref="Pause"/>.</summary>
    public AccessTokenRenewal? FindRecentFailure(string key, RefreshContext context, DateTimeOffset now) =>
        failures.TryGet(key, now, out var failed) && failed.IsFor(context) ? failed : null;

    public void Clear(string key)
    {
        lost.TryRemove(key, out _);
        earlyFailures.TryRemove(key, out _);
        failures.TryRemove(key, out _);
    }
}
