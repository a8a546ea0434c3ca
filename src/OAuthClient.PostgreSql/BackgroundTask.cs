namespace OAuthClient.PostgreSql;

/// <summary>
/// Runs work for several callers without the execution context of one of them. An exception counts as observed even if no caller awaits it.
/// </summary>
internal static class BackgroundTask
{
    public static Task<T> Run<T>(Func<Task<T>> work) => Observe(BackgroundWork.Run(work));

    public static Task Run(Func<Task> work) =>
        Observe(
            BackgroundWork.Run(async () =>
            {
                await work().ConfigureAwait(false);
                return true;
            })
        );

    private static Task<T> Observe<T>(Task<T> task)
    {
        _ = task.ContinueWith(
            static faulted => _ = faulted.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return task;
    }
}
