namespace OAuthClient.PostgreSql;

/// <summary>Work for all who wait for it: it has no caller's context, and a fault that nobody waited for is no unobserved one.</summary>
internal static class BackgroundTask
{
    public static Task<T> Run<T>(Func<Task<T>> work) => Observed(BackgroundWork.Run(work));

    public static Task Run(Func<Task> work) =>
        Observed(
            BackgroundWork.Run(async () =>
            {
                await work().ConfigureAwait(false);
                return true;
            })
        );

    private static Task<T> Observed<T>(Task<T> task)
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
