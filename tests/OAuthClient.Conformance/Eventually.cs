namespace OAuthClient.Conformance;

/// <summary>So that a fault which makes something wait for ever shows as a failed test and not as a hung run.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Enough = TimeSpan.FromMinutes(1);

    public static Task<T> Promptly<T>(this Task<T> task) => task.WaitAsync(Enough);

    public static Task Promptly(this Task task) => task.WaitAsync(Enough);
}
