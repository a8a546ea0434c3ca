using System.Globalization;
using System.Text;

namespace OAuthClient.Chaos.Verdicts;

/// <summary>
/// Reads from the Linux kernel how long the threads of a process were ready to run and waited for a processor. The scheduler prefers a
/// heartbeat, because it wakes up rarely; the working threads wait longer.
/// </summary>
internal sealed class RunDelay
{
    /// <summary>The interval between two readings of the counters.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>The shortest wait in an interval that is reported: the nodes on one machine wait for each other that long.</summary>
    public static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(100);

    private readonly byte[] buffer = new byte[128];
    private Dictionary<string, long> known = new(StringComparer.Ordinal);

    /// <summary>Reads the counters of some threads, and of new ones for the first time.</summary>
    /// <param name="threads">The folder of each thread in /proc.</param>
    /// <returns>The longest wait of one thread since the last reading.</returns>
    public TimeSpan Read(IEnumerable<string> threads)
    {
        Dictionary<string, long> read = new(StringComparer.Ordinal);
        long longest = 0;
        foreach (string thread in threads)
        {
            if (ReadCounter(thread + "/schedstat") is not { } waited)
                continue;
            read[thread] = waited;
            longest = Math.Max(longest, waited - known.GetValueOrDefault(thread, waited));
        }
        known = read;
        return TimeSpan.FromMicroseconds(longest / 1000);
    }

    /// <returns>The stall that a wait amounts to; <see langword="null"/> when it is short.</returns>
    public static Stall? Measure(string process, TimeSpan waited, DateTimeOffset now) =>
        waited >= Threshold ? new Stall(process, now - waited, now) : null;

    /// <summary>Returns the threads of this process.</summary>
    public static IEnumerable<string> OwnThreads() => OperatingSystem.IsLinux() ? Directory.EnumerateDirectories("/proc/self/task") : [];

    /// <summary>Returns the main threads of the processes that a process has started.</summary>
    public static IEnumerable<string> Children(int process)
    {
        try
        {
            return
            [
                .. File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children"))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(child => "/proc/" + child),
            ];
        }
        catch (IOException)
        {
            // The process has just ended, or the kernel does not list children.
            return [];
        }
    }

    private long? ReadCounter(string file)
    {
        try
        {
            using var handle = File.OpenHandle(file);
            string[] counters = Encoding.ASCII.GetString(buffer, 0, RandomAccess.Read(handle, buffer, fileOffset: 0)).Split(' ');
            return long.Parse(counters[1], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            // The thread has just ended, or the kernel does not count.
            return null;
        }
    }
}
