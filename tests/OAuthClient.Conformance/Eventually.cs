namespace OAuthClient.Conformance;

/// <summary>Limits waiting, so that a fault that blocks forever fails the test and does not hang the run.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static Task<T> Promptly<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task Promptly(this Task task) => task.WaitAsync(Limit);
}
