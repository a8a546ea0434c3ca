using System.Globalization;

namespace OAuthClient.Chaos.Nodes;

/// <summary>The time that this thread has been ready to run and waited for a processor, as the Linux kernel counts it.</summary>
internal sealed record ThreadDelay(int Thread, TimeSpan Waited)
{
    private const string Source = "/proc/thread-self/schedstat";

    /// <returns><see langword="null"/> if the kernel does not count it.</returns>
    public static ThreadDelay? Read()
    {
        if (!File.Exists(Source))
            return null;
        long nanoseconds = long.Parse(File.ReadAllText(Source).Split(' ')[1], CultureInfo.InvariantCulture);
        return new(Environment.CurrentManagedThreadId, TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick));
    }

    /// <returns>The time that the thread has waited since then; zero if the call has moved to another thread.</returns>
    public TimeSpan Elapsed() => Read() is { } now && now.Thread == Thread ? now.Waited - Waited : TimeSpan.Zero;
}
