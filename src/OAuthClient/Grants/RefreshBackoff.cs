using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>What this process remembers about grants whose last refresh brought nothing, so that it does not ask again and again.</summary>
internal sealed class RefreshBackoff
{
    /// <summary>After a refresh ahead of time failed; the token in hand still lives, so there is time.</summary>
    public static readonly TimeSpan EarlyPause = TimeSpan.FromSeconds(5);

    /// <summary>After a refresh failed that somebody waited for: long enough that a crowd costs one request, short enough that nobody notices.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // What is forgotten costs one more request, or one more look at the store, which remembers what was refused; or to wait for one's own lease.
    private const int Most = 10_000;

    private readonly BoundedCache<string, RefreshToken> lost = new(Most, StringComparer.Ordinal);
    private readonly BoundedCache<string, DateTimeOffset> earlyFailures = new(Most, StringComparer.Ordinal);
    private readonly BoundedCache<string, Failure> failures = new(Most, StringComparer.Ordinal);
    private readonly BoundedCache<string, RefreshState> interrupted = new(Most, StringComparer.Ordinal);

    /// <summary>The server said <c>invalid_grant</c> to this very refresh token: it will not change its mind.</summary>
    public void Lost(Grant grant)
    {
        if (grant.RefreshToken is { } refused)
            lost.Set(grant.Id, refused);
    }

    public bool IsLost(Grant grant) => lost.TryGet(grant.Id, out var refused) && refused.Equals(grant.RefreshToken);

    public void EarlyFailed(Grant grant, DateTimeOffset now) => earlyFailures.Set(grant.Id, now, now + EarlyPause, now);

    public bool MayRefreshEarly(Grant grant, DateTimeOffset now) =>
        !earlyFailures.TryGet(grant.Id, out var at) || now >= at + EarlyPause;

    public void Failed(Grant grant, AccessTokenKey selection, ExceptionDispatchInfo fault, DateTimeOffset now) =>
        failures.Set(grant.Id, new(selection.Key, fault, now), now + Pause, now);

    /// <summary>What a refresh for the same token has just failed with: another would hardly fare better.</summary>
    public ExceptionDispatchInfo? JustFailed(Grant grant, AccessTokenKey selection, DateTimeOffset now) =>
        failures.TryGet(grant.Id, out var failure) && now < failure.At + Pause
        && string.Equals(failure.SelectionKey, selection.Key, StringComparison.Ordinal)
            ? failure.Fault
            : null;

    /// <summary>
    /// The store did not answer for a lease that is held here. It is this node's until another takes it: whoever begins with it goes on as
    /// soon as the store is back, and need not wait until it runs out, perhaps for longer than the server still takes the refresh token.
    /// </summary>
    public void Interrupted(RefreshState state)
    {
        if (state.Lease is not null || state.Refusal is not null || state.IsInDoubt)
            interrupted.Set(state.Grant.Id, state with { LeaseExpirations = 0 });
    }

    /// <summary>The same for one that was to be ended.</summary>
    public void NotEnded(RefreshState state, RefreshEffect.ReleaseLease end) =>
        Interrupted(state with { Lease = end.Lease, IsInDoubt = state.IsInDoubt || end.Known == RefreshTokenStatus.Unknown });

    /// <summary>The same for one that somebody took who is no refresh.</summary>
    public void Held(Grant stored, RefreshLease lease) => Interrupted(Begin(stored) with { Lease = lease });

    /// <summary>The lease that is held here all the same.</summary>
    public RefreshLease? LeaseOf(Grant grant) => interrupted.TryGet(grant.Id, out var state) ? state.Lease : null;

    /// <summary>Where the refresh of a grant begins: where the last one was interrupted, if the grant is still the same.</summary>
    public RefreshState Begin(Grant grant) =>
        interrupted.TryRemove(grant.Id, out var state) && state.Grant.Generation == grant.Generation ? state : new RefreshState(grant);

    /// <summary>There is no such grant any more.</summary>
    public void Gone(Grant grant)
    {
        Forget(grant);
        interrupted.TryRemove(grant.Id, out _);
    }

    public void Forget(Grant grant)
    {
        lost.TryRemove(grant.Id, out _);
        earlyFailures.TryRemove(grant.Id, out _);
        failures.TryRemove(grant.Id, out _);
    }

    private sealed record Failure(string SelectionKey, ExceptionDispatchInfo Fault, DateTimeOffset At);
}
