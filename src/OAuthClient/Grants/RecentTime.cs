namespace OAuthClient;

/// <summary>
/// The time for those who ask with every request: as of the system's last tick, some milliseconds ago at most. To read the clock itself
/// would be the longest step on their way. A clock that is not the system's is read each time.
/// </summary>
internal sealed class RecentTime(TimeProvider time)
{
    private readonly bool ticks = ReferenceEquals(time, TimeProvider.System);
    private Reading? last;

    /// <summary>In UTC ticks.</summary>
    public long Now => ticks ? AsOfLastTick() : time.GetUtcNow().UtcTicks;

    private long AsOfLastTick()
    {
#pragma warning disable RS0030 // It says only whether the clock has to be read again.
        long tick = Environment.TickCount64;
#pragma warning restore RS0030
        var known = Volatile.Read(ref last);
        if (known is null || known.Tick != tick)
            Volatile.Write(ref last, known = new(tick, time.GetUtcNow().UtcTicks));
        return known.Now;
    }

    private sealed record Reading(long Tick, long Now);
}
