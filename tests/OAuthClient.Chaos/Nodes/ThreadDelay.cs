using System.Globalization;

namespace OAuthClient.Chaos.Nodes;

/// <summary>For how long this thread has been ready to run and waited for a processor, as the kernel of Linux counts it.</summary>
internal sealed record ThreadDelay(int Thread, TimeSpan Waited)
{
    private const string Source = "/proc/thread-self/schedstat";

    /// <returns><see langword="null"/> where the kernel does not count it.</returns>
    public static ThreadDelay? Read()
    {
        if (!File.Exists(Source))
            return null;
        long nanoseconds = long.Parse(File.ReadAllText(Source).Split(' ')[1], CultureInfo.InvariantCulture);
        return new(Environment.CurrentManagedThreadId, TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick));
    }

    /// <returns>How long the thread has waited since then; zero when the call has moved to another thread.</returns>
    public TimeSpan Elapsed() => Read() is { } now && now.Thread == Thread ? now.Waited - Waited : TimeSpan.Zero;
}
