#pragma warning disable RS0030 // The rule requires that all other code calls this class.
namespace OAuthClient;

/// <summary>
/// Starts work without the caller's <see cref="ExecutionContext"/>. A task or timer that is started inside a request captures the
/// request's ambient values (the current user, the <c>HttpContext</c>, the activity and its baggage) and keeps them for as long as it runs,
/// even when it serves other users later.
/// </summary>
internal static class BackgroundWork
{
    private static readonly ExecutionContext Empty = CaptureEmpty();

    /// <summary>Queues work to the thread pool.</summary>
    /// <param name="work">The work; it sees no ambient value of the caller.</param>
    /// <returns>A task that completes with the work.</returns>
    public static Task<TResult> Run<TResult>(Func<Task<TResult>> work)
    {
        using (Suppress())
            return Task.Run(work);
    }

    /// <summary>Queues work to the thread pool.</summary>
    /// <param name="work">The work; it sees no ambient value of the caller.</param>
    /// <returns>A task that completes with the work.</returns>
    public static Task Run(Func<Task> work)
    {
        using (Suppress())
            return Task.Run(work);
    }

    /// <summary>Queues work to the thread pool.</summary>
    /// <param name="work">The work; it sees no ambient value of the caller.</param>
    /// <param name="completed">
    /// Called when the work has completed, failed or been cancelled; it sees no ambient value of the caller either.
    /// </param>
    public static void Run<TResult>(Func<Task<TResult>> work, Action<Task<TResult>> completed)
    {
        using (Suppress())
            _ = Task.Run(work)
                .ContinueWith(completed, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Creates a timer whose callback sees no ambient value of the caller.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="callback">The method to call when the timer is due.</param>
    /// <param name="state">The argument of <paramref name="callback"/>.</param>
    /// <param name="dueTime">The time before the first call.</param>
    /// <param name="period">The time between calls.</param>
    /// <returns>The timer.</returns>
    public static ITimer CreateTimer(TimeProvider time, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        using (Suppress())
            return time.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>
    /// Runs code synchronously, on this thread, in an empty execution context. Use it for code that may start a loop, a timer or a
    /// connection that outlives the call: delegates of the application, constructors of shared objects, and the network.
    /// </summary>
    /// <param name="state">The argument of <paramref name="work"/>.</param>
    /// <param name="work">The code. A task that it returns continues in the empty context.</param>
    /// <returns>The result of <paramref name="work"/>.</returns>
    public static TResult RunIsolated<TState, TResult>(TState state, Func<TState, TResult> work)
    {
        Isolated<TState, TResult> isolated = new(state, work);
        ExecutionContext.Run(Empty, static self => ((Isolated<TState, TResult>)self!).Run(), isolated);
        return isolated.Result!;
    }

    private static AsyncFlowControl Suppress() => ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();

    // A thread that is started without a context has the empty one; there is no other public way to get it.
    private static ExecutionContext CaptureEmpty()
    {
        ExecutionContext? captured = null;
        Thread thread = new(() => captured = ExecutionContext.Capture(), maxStackSize: 128 * 1024) { IsBackground = true };
        thread.UnsafeStart();
        thread.Join();
        return captured!;
    }

    private sealed class Isolated<TState, TResult>(TState state, Func<TState, TResult> work)
    {
        public TResult? Result { get; private set; }

        public void Run() => Result = work(state);
    }
}
