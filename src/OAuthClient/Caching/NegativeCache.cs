using System.Diagnostics.CodeAnalysis;

namespace OAuthClient;

/// <summary>
/// Caches failures for a few seconds. A caller in this time gets the same failure and starts no work, so that unauthenticated callers
/// cannot cause one request each.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TResult">The type of the results.</typeparam>
/// <param name="time">The clock.</param>
/// <param name="comparer">The comparer for keys; <see langword="null"/> for the default one.</param>
internal sealed class NegativeCache<TKey, TResult>(TimeProvider time, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    /// <summary>The lifetime of a failure. It is short, because users wait for the work that failed.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    private const int Capacity = 1000;

    private readonly BoundedCache<TKey, Failure> failures = new(Capacity, comparer);

    /// <summary>Finds a failure.</summary>
    /// <param name="key">The key of the work.</param>
    /// <param name="result">The failed task.</param>
    /// <returns><see langword="true"/> if the work failed within <see cref="Duration"/>.</returns>
    public bool TryFind(TKey key, [NotNullWhen(true)] out Task<TResult>? result)
    {
        result =
            failures.Size > 0 && failures.TryGet(key, out var failure) && time.GetElapsedTime(failure.FailedAt) < Duration
                ? failure.Result
                : null;
        return result is not null;
    }

    /// <summary>Caches the failure of completed work, or removes an earlier failure if the work succeeded.</summary>
    /// <param name="key">The key of the work.</param>
    /// <param name="completed">The completed work.</param>
    public void Record(TKey key, Task<TResult> completed)
    {
        if (completed.IsCompletedSuccessfully)
        {
            if (failures.TryGet(key, out _))
                failures.TryRemove(key, out _);
            return;
        }
        // No request was sent: the open circuit or the Retry-After pause already limits requests, and ends at its own time.
        if (completed.Exception?.InnerException is RequestNotSentException)
            return;
        var now = time.GetUtcNow();
        failures.Set(key, new(completed, time.GetTimestamp()), now + Duration, now);
    }

    private sealed record Failure(Task<TResult> Result, long FailedAt);
}
