using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>
/// Runs work once for all concurrent callers with the same key. The work runs detached: without the cancellation, culture or activity of a
/// caller. A caller that cancels stops waiting; the work continues.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TResult">The type of the results.</typeparam>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Flight> flights = new();

    /// <summary>Waits until all work that runs now has completed or failed.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        if (flights.IsEmpty)
            return Task.CompletedTask;
        var completions = flights.Values.Select(flight =>
            flight.Result.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
        );
        return Task.WhenAll(completions).WaitAsync(cancellationToken);
    }

    public bool IsRunning(TKey key) => flights.ContainsKey(key);

    /// <summary>Joins the running work for a key, or starts it on the thread pool.</summary>
    /// <param name="key">The key of the work.</param>
    /// <param name="work">The work.</param>
    /// <returns>The result of the work.</returns>
    public Task<TResult> JoinOrStart(TKey key, Func<Task<TResult>> work)
    {
        JoinOrStart(key, work, out var result);
        return result;
    }

    /// <summary>Joins the running work for a key, or starts it on the thread pool.</summary>
    /// <param name="key">The key of the work.</param>
    /// <param name="work">The work.</param>
    /// <param name="result">The result of the work.</param>
    /// <returns>
    /// <see langword="true"/> if the work was started; <see langword="false"/> if it was joined.
    /// </returns>
    public bool JoinOrStart(TKey key, Func<Task<TResult>> work, out Task<TResult> result)
    {
        var flight = flights.TryGetValue(key, out var running) ? running : new Flight();
        var winner = running ?? flights.GetOrAdd(key, flight);
        bool started = running is null && ReferenceEquals(winner, flight);
        if (started)
            Start(key, flight, work);
        result = winner.Result;
        return started;
    }

    /// <summary>Runs work while no other work with the same key runs. Other work that runs is waited for.</summary>
    /// <param name="key">The key of the work.</param>
    /// <param name="work">The work.</param>
    /// <param name="accepts">Determines whether the result of other work is used instead; <see langword="null"/> if it never is.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The result of the work.</returns>
    public async Task<TResult> RunExclusiveAsync(
        TKey key,
        Func<Task<TResult>> work,
        Func<TResult, bool>? accepts,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            bool isOwn = JoinOrStart(key, work, out var flight);
            try
            {
                var result = await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (isOwn || accepts?.Invoke(result) == true)
                    return result;
            }
            catch (Exception) when (!isOwn && !cancellationToken.IsCancellationRequested)
            {
                // The work of another caller failed; that caller observes the exception.
            }
        }
    }

    private void Start(TKey key, Flight flight, Func<Task<TResult>> work) =>
        BackgroundWork.Run(work, completed => Complete(key, flight, completed));

    private void Complete(TKey key, Flight flight, Task<TResult> completed)
    {
        flights.TryRemove(new KeyValuePair<TKey, Flight>(key, flight));
        flight.Completion.SetFromTask(completed);
        // Observes the exception, because all callers may have stopped waiting.
        _ = flight.Completion.Task.Exception;
    }

    private sealed class Flight
    {
        public TaskCompletionSource<TResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public Task<TResult> Result => Completion.Task;
    }
}
