using System.Diagnostics;

namespace OAuthClient.Chaos.Verdicts;

/// <summary>
/// A thread of its own that waits 20 ms again and again, and reports how much later it woke up. It also reports for how long
/// another thread of the process waited for a processor, where the kernel counts that.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>The shortest delay that is reported: the timers of an idle machine are that inexact.</summary>
    public static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(10);

    private readonly AutoResetEvent ended = new(initialState: false);
    private readonly Thread thread;
    private readonly string process;
    private readonly Action<Stall> report;

    private Heartbeat(string process, Action<Stall> report)
    {
        (this.process, this.report) = (process, report);
        thread = new Thread(Beat) { IsBackground = true, Name = "heartbeat" };
    }

    /// <param name="process">The name of this process.</param>
    /// <param name="report">Called on the heartbeat's thread with each stall.</param>
    public static Heartbeat Start(string process, Action<Stall> report)
    {
        Heartbeat heartbeat = new(process, report);
        heartbeat.thread.Start();
        return heartbeat;
    }

    /// <param name="process">The name of the process.</param>
    /// <param name="elapsed">The time between two beats by a monotonic clock.</param>
    /// <param name="now">The time of the second beat.</param>
    /// <returns>The stall between the two beats; <see langword="null"/> when there was none.</returns>
    public static Stall? Measure(string process, TimeSpan elapsed, DateTimeOffset now) =>
        elapsed - Interval is var late && late >= Resolution ? new Stall(process, now - late, now) : null;

    public void Dispose()
    {
        ended.Set();
        thread.Join();
        ended.Dispose();
    }

    private void Beat()
    {
        long last = Stopwatch.GetTimestamp();
        long lastRead = last;
        RunDelay delay = new();
        delay.Read(RunDelay.OwnThreads());
        while (!ended.WaitOne(Interval))
        {
            long beat = Stopwatch.GetTimestamp();
            if (Measure(process, Stopwatch.GetElapsedTime(last, beat), TimeProvider.System.GetUtcNow()) is { } stall)
                report(stall);
            last = beat;
            if (Stopwatch.GetElapsedTime(lastRead, beat) < RunDelay.Interval)
                continue;
            lastRead = beat;
            if (RunDelay.Measure(process, delay.Read(RunDelay.OwnThreads()), TimeProvider.System.GetUtcNow()) is { } wait)
                report(wait);
        }
    }
}
