using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>
/// Work that is done once however many ask for it at the same time. It runs detached: without a caller's cancellation,
/// culture or activity. A caller who cancels stops waiting, and nothing else happens.
/// </summary>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Flight> flights;
    private readonly NegativeCache<TKey, TResult>? failures;

    /// <param name="comparer">Compares the keys.</param>
    /// <param name="rememberFailuresBy">
    /// The clock by which a failure is remembered and given to later callers; <see langword="null"/> to try again at once.
    /// </param>
    public SingleFlight(IEqualityComparer<TKey>? comparer = null, TimeProvider? rememberFailuresBy = null)
    {
        flights = new(comparer);
        failures = rememberFailuresBy is null ? null : new(rememberFailuresBy, comparer);
    }

    /// <summary>Ends when all has landed that is under way now, whatever became of it.</summary>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        if (flights.IsEmpty)
            return Task.CompletedTask;
        var landings = flights.Values.Select(flight =>
            flight.Result.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
        );
        return Task.WhenAll(landings).WaitAsync(cancellationToken);
    }

    public bool IsRunning(TKey key) => flights.ContainsKey(key);

    /// <summary>Joins the work under way for <paramref name="key"/>, or starts it. Never runs <paramref name="work"/> on the caller's stack.</summary>
    public Task<TResult> JoinOrStart(TKey key, Func<Task<TResult>> work)
    {
        JoinOrStart(key, work, out var result);
        return result;
    }

    /// <returns>Whether it was started, and not joined.</returns>
    public bool JoinOrStart(TKey key, Func<Task<TResult>> work, out Task<TResult> result)
    {
        if (failures is not null && failures.TryFind(key, out var failed) && !flights.ContainsKey(key))
        {
            result = failed;
            return false;
        }
        var flight = flights.TryGetValue(key, out var underWay) ? underWay : new Flight();
        var winner = underWay ?? flights.GetOrAdd(key, flight);
        bool started = underWay is null && ReferenceEquals(winner, flight);
        if (started)
            Start(key, flight, work);
        result = winner.Result;
        return started;
    }

    private void Start(TKey key, Flight flight, Func<Task<TResult>> work) =>
        BackgroundWork.Run(work, ended => Complete(key, flight, ended));

    private void Complete(TKey key, Flight flight, Task<TResult> ended)
    {
        // Before the flight ends: a caller in between finds one or the other.
        failures?.Record(key, ended);
        flights.TryRemove(new KeyValuePair<TKey, Flight>(key, flight));
        flight.Completion.SetFromTask(ended);
        // Someone may have left without waiting for it; that is not an unobserved fault.
        _ = flight.Completion.Task.Exception;
    }

    private sealed class Flight
    {
        public TaskCompletionSource<TResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public Task<TResult> Result => Completion.Task;
    }
}
