namespace OAuthClient.Tests;

/// <summary>Limits the time a test waits, so that a hang shows as a failed test and not as a hung run.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Gets a task that never completes, for a server that never responds.</summary>
    public static Task Never { get; } = new TaskCompletionSource().Task;

    public static Task<T> Promptly<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task Promptly(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Promptly<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>Repeats the step until the condition holds.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<Task>? step = null)
    {
        using CancellationTokenSource timeout = new(Limit);
        while (!condition())
        {
            timeout.Token.ThrowIfCancellationRequested();
            if (step is not null)
                await step();
            await Task.Yield();
        }
    }
}
