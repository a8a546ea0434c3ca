using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>
/// A cached value that is fetched again when it is old (stale-while-revalidate). Concurrent callers share one fetch, which runs without the
/// cancellation and the execution context of a caller. During an outage of its source, the value is used for as long as its
/// <see cref="Freshness"/> allows it. A failure that no value covers is repeated to all callers for a short time, so that unauthenticated
/// callers cannot cause one fetch each.
/// </summary>
/// <typeparam name="T">The type of the value, which is immutable.</typeparam>
/// <param name="time">The clock.</param>
/// <param name="initial">The initial value; <see langword="null"/> if there is none.</param>
internal abstract class RevalidatedValue<T>(TimeProvider time, T? initial)
    where T : class
{
    private const int MaximumFetches = 3;

    private readonly Lock changes = new();
    private volatile T? value = initial;
    private Task<Renewal>? running;
    private Renewal? failed;
    private long failedAt;
    private int updates;

    /// <summary>Gets the cached value, of any age; <see langword="null"/> if there is none.</summary>
    public T? Value => value;

    /// <summary>Gets the clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>Gets the time for which a failed fetch is repeated to all callers instead of being retried.</summary>
    protected virtual TimeSpan FailureDuration => TimeSpan.FromSeconds(5);

    /// <summary>Gets the value, from the cache if it is recent enough.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<T> GetAsync(CancellationToken cancellationToken) => GetAsync(value, cancellationToken);

    /// <summary>Gets the value that the caller read from <see cref="Value"/> if it is recent enough; otherwise, a fetched one.</summary>
    /// <param name="known">The value that the caller read.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public ValueTask<T> GetAsync(T? known, CancellationToken cancellationToken)
    {
        var freshness = known is null ? Freshness.Expired : GetFreshness(known);
        if (freshness == Freshness.Stale)
            _ = Renew(known, acceptsNewer: true);
        return freshness <= Freshness.Stale ? new(known!) : new(RenewAsync(known, cancellationToken));
    }

    /// <summary>Fetches the value, unless a fresh one was fetched since the caller read <see cref="Value"/>.</summary>
    /// <param name="seen">The value that the caller read.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The value; during an outage, the one that is kept.</returns>
    public async Task<T> RenewAsync(T? seen, CancellationToken cancellationToken)
    {
        var renewal = await Renew(seen, acceptsNewer: true).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (renewal.Value is null)
            renewal.Fault!.Throw();
        return renewal.Value!;
    }

    /// <summary>Fetches the value, and throws if its source is unavailable.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public async Task<T> FetchNowAsync(CancellationToken cancellationToken)
    {
        var renewal = await Renew(seen: null, acceptsNewer: false).WaitAsync(cancellationToken).ConfigureAwait(false);
        renewal.Fault?.Throw();
        return renewal.Value!;
    }

    /// <summary>Changes the cached value. A fetch that runs at the same time is repeated, because its result may lack the change.</summary>
    /// <param name="change">Returns the new value; <see langword="null"/> to remove it.</param>
    public void Update(Func<T, T?> change)
    {
        lock (changes)
        {
            updates++;
            if (value is { } known)
                Store(change(known));
        }
    }

    /// <summary>Waits for the fetch in progress, if there is one. Its failure is ignored.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (changes)
            return running?.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Fetches the value.</summary>
    protected abstract Task<T> FetchAsync();

    /// <summary>Determines how a value may be used. A value that has expired when it is fetched is not cached.</summary>
    protected abstract Freshness GetFreshness(T known);

    /// <summary>Determines whether an exception means that the source is unavailable.</summary>
    protected abstract bool IsOutage(Exception exception);

    /// <summary>Gets the value to keep after a failed fetch; <see langword="null"/> to remove it.</summary>
    protected abstract T? Keep(T known, Exception exception);

    /// <summary>Called, under a lock, when the value was set or removed.</summary>
    protected virtual void OnStored() { }

    private Task<Renewal> Renew(T? seen, bool acceptsNewer)
    {
        lock (changes)
        {
            if (running is not null)
                return running;
            if (acceptsNewer && value is { } newer && !ReferenceEquals(newer, seen) && GetFreshness(newer) == Freshness.Fresh)
                return Task.FromResult(new Renewal(newer, Fault: null));
            if (failed is not null && time.GetElapsedTime(failedAt) < FailureDuration)
                return Task.FromResult(failed);
            return running = BackgroundWork.Run(RunAsync);
        }
    }

    private async Task<Renewal> RunAsync()
    {
        try
        {
            for (int fetches = 1; ; fetches++)
            {
                int seen = Volatile.Read(ref updates);
                var fetched = await FetchAsync().ConfigureAwait(false);
                lock (changes)
                {
                    bool isSettled = seen == updates;
                    if (!isSettled && fetches < MaximumFetches)
                        continue;
                    (running, failed) = (null, null);
                    Store(isSettled && GetFreshness(fetched) != Freshness.Expired ? fetched : null);
                    return new(fetched, Fault: null);
                }
            }
        }
        catch (Exception exception)
        {
            var fault = ExceptionDispatchInfo.Capture(exception);
            lock (changes)
            {
                running = null;
                Store(value is null ? null : Keep(value, exception));
                if (IsOutage(exception) && value is { } kept && GetFreshness(kept) != Freshness.Expired)
                    return new(kept, fault);
                // No request was sent: the open circuit or the Retry-After pause already limits requests, and ends at its own time.
                failed = exception is RequestNotSentException ? null : new(Value: null, fault);
                failedAt = time.GetTimestamp();
                return new(Value: null, fault);
            }
        }
    }

    private void Store(T? newer)
    {
        value = newer;
        OnStored();
    }

    private sealed record Renewal(T? Value, ExceptionDispatchInfo? Fault);
}
