namespace OAuthClient.PostgreSql;

/// <summary>Work for all who wait for it: it has no caller's context, and a fault that nobody waited for is no unobserved one.</summary>
internal static class Detached
{
    public static Task<T> Run<T>(Func<Task<T>> work) => Observed(Begin(work));

    public static Task Run(Func<Task> work) => Observed(Begin(async () =>
    {
        await work().ConfigureAwait(false);
        return true;
    }));

    private static Task<T> Begin<T>(Func<Task<T>> work)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            return Task.Run(work);
    }

    private static Task<T> Observed<T>(Task<T> task)
    {
        _ = task.ContinueWith(
            static faulted => _ = faulted.Exception,
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }
}
