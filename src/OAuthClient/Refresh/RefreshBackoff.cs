using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>What this process remembers about grants whose last refresh brought nothing, so that it does not ask again and again.</summary>
internal sealed class RefreshBackoff
{
    /// <summary>After a refresh ahead of time failed; the token in hand still lives, so there is time.</summary>
    public static readonly TimeSpan EarlyPause = TimeSpan.FromSeconds(5);

    /// <summary>After a refresh failed that somebody waited for: long enough that a crowd costs one request, short enough that nobody notices.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // What is forgotten costs one more request, or one more look at the store, which remembers what was refused.
    private const int Most = 10_000;

    private readonly BoundedCache<string, RefreshToken> lost = new(Most, StringComparer.Ordinal);
    private readonly BoundedCache<string, DateTimeOffset> earlyFailures = new(Most, StringComparer.Ordinal);
    private readonly BoundedCache<string, Failure> failures = new(Most, StringComparer.Ordinal);

    /// <summary>The server said <c>invalid_grant</c> to this very refresh token: it will not change its mind.</summary>
    public void Lost(Grant grant)
    {
        if (grant.RefreshToken is { } refused)
            lost.Set(grant.Id, refused);
    }

    public bool IsLost(Grant grant) => lost.TryGet(grant.Id, out var refused) && refused.Equals(grant.RefreshToken);

    public void EarlyFailed(Grant grant, DateTimeOffset now) => earlyFailures.Set(grant.Id, now, now + EarlyPause, now);

    public bool MayRefreshEarly(Grant grant, DateTimeOffset now) => !earlyFailures.TryGet(grant.Id, out var at) || now >= at + EarlyPause;

    public void Failed(Grant grant, AccessTokenKey selection, ExceptionDispatchInfo fault, DateTimeOffset now) =>
        failures.Set(grant.Id, new(selection.Key, fault, now), now + Pause, now);

    /// <summary>What a refresh for the same token has just failed with: another would hardly fare better.</summary>
    public ExceptionDispatchInfo? JustFailed(Grant grant, AccessTokenKey selection, DateTimeOffset now) =>
        failures.TryGet(grant.Id, out var failure)
        && now < failure.At + Pause
        && string.Equals(failure.SelectionKey, selection.Key, StringComparison.Ordinal)
            ? failure.Fault
            : null;

    public void Forget(Grant grant)
    {
        lost.TryRemove(grant.Id, out _);
        earlyFailures.TryRemove(grant.Id, out _);
        failures.TryRemove(grant.Id, out _);
    }

    private sealed record Failure(string SelectionKey, ExceptionDispatchInfo Fault, DateTimeOffset At);
}
