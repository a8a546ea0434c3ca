namespace OAuthClient.Tests;

/// <summary>So that a fault which makes something wait for ever shows as a failed test and not as a hung run.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Enough = TimeSpan.FromMinutes(1);

    /// <summary>What a server waits for that is never to answer.</summary>
    public static Task Never { get; } = new TaskCompletionSource().Task;

    public static Task<T> Promptly<T>(this Task<T> task) => task.WaitAsync(Enough);

    public static Task Promptly(this Task task) => task.WaitAsync(Enough);

    public static Task<T> Promptly<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Enough);

    /// <summary>Takes the step again and again until the condition holds.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<Task>? step = null)
    {
        using CancellationTokenSource enough = new(Enough);
        while (!condition())
        {
            enough.Token.ThrowIfCancellationRequested();
            if (step is not null)
                await step();
            await Task.Yield();
        }
    }
}
