using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>Remembers failed refreshes of grants in this process, so that their requests are not repeated immediately.</summary>
internal sealed class RefreshBackoff
{
    /// <summary>The pause after a failed early refresh, during which the access token is still valid.</summary>
    public static readonly TimeSpan EarlyPause = TimeSpan.FromSeconds(5);

    /// <summary>The pause after a failed refresh that a caller waited for. Concurrent callers within it share one request.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A removed entry costs one more token request, or one more request to the store, which records a rejected refresh token.
    private const int Capacity = 10_000;

    private readonly BoundedCache<string, RefreshToken> lost = new(Capacity, StringComparer.Ordinal);
    private readonly BoundedCache<string, bool> earlyFailures = new(Capacity, StringComparer.Ordinal);
    private readonly BoundedCache<string, Failure> failures = new(Capacity, StringComparer.Ordinal);

    /// <summary>Records that the server rejected the grant's refresh token with <c>invalid_grant</c>. It is not sent again.</summary>
    public void RecordLost(Grant grant)
    {
        if (grant.RefreshToken is { } rejected)
            lost.Set(grant.Id, rejected);
    }

    public bool IsLost(Grant grant) => lost.TryGet(grant.Id, out var rejected) && rejected.Equals(grant.RefreshToken);

    public void RecordEarlyFailure(Grant grant, DateTimeOffset now) => earlyFailures.Set(grant.Id, true, now + EarlyPause, now);

    public bool CanRefreshEarly(Grant grant, DateTimeOffset now) => !earlyFailures.TryGet(grant.Id, now, out _);

    public void RecordFailure(Grant grant, AccessTokenKey selection, ExceptionDispatchInfo fault, DateTimeOffset now) =>
        failures.Set(grant.Id, new(selection.Key, fault), now + Pause, now);

    /// <summary>Gets the exception of a refresh for the same scopes and resources that failed within <see cref="Pause"/>.</summary>
    public ExceptionDispatchInfo? FindRecentFailure(Grant grant, AccessTokenKey selection, DateTimeOffset now) =>
        failures.TryGet(grant.Id, now, out var failure) && string.Equals(failure.SelectionKey, selection.Key, StringComparison.Ordinal)
            ? failure.Fault
            : null;

    public void Clear(Grant grant)
    {
        lost.TryRemove(grant.Id, out _);
        earlyFailures.TryRemove(grant.Id, out _);
        failures.TryRemove(grant.Id, out _);
    }

    private sealed record Failure(string SelectionKey, ExceptionDispatchInfo Fault);
}
