using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OAuthClient;

/// <summary>
/// Remembers failed work for a few seconds. A caller who comes meanwhile gets the same failure and starts nothing, so that callers who are
/// not authenticated cannot make the client send a request for each of theirs. Bounded: a full cache is emptied.
/// </summary>
internal sealed class NegativeCache<TKey, TResult>(TimeProvider time, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    /// <summary>How long a failure is remembered: short, because users wait for what failed.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    private const int Capacity = 1000;

    private readonly ConcurrentDictionary<TKey, Failure> failures = new(comparer);

    /// <summary>Finds the remembered failure.</summary>
    /// <param name="key">What the work was for.</param>
    /// <param name="result">The failed task.</param>
    /// <returns><see langword="true"/> if the work failed within <see cref="Duration"/>.</returns>
    public bool TryFind(TKey key, [NotNullWhen(true)] out Task<TResult>? result)
    {
        result = null;
        if (failures.IsEmpty || !failures.TryGetValue(key, out var failure))
            return false;
        if (time.GetElapsedTime(failure.At) < Duration)
        {
            result = failure.Result;
            return true;
        }
        failures.TryRemove(new(key, failure));
        return false;
    }

    /// <summary>Remembers the work if it failed, and forgets an earlier failure if it did not.</summary>
    /// <param name="key">What the work was for.</param>
    /// <param name="ended">The completed work.</param>
    public void Record(TKey key, Task<TResult> ended)
    {
        if (ended.IsCompletedSuccessfully)
        {
            failures.TryRemove(key, out _);
            return;
        }
        // Nothing was sent, and the reason for that has an end of its own.
        if (ended.Exception?.InnerException is RequestNotSentException)
            return;
        if (failures.Count >= Capacity)
            failures.Clear();
        failures[key] = new(ended, time.GetTimestamp());
    }

    private sealed record Failure(Task<TResult> Result, long At);
}
