namespace OAuthClient;

/// <summary>
/// The time for those who ask with every request: as of the system's last tick, some milliseconds ago (and, when the machine slept in
/// between, what is left of that tick after waking). To read the clock itself would be the longest step on their way. A clock that is not
/// the system's is read each time.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="tick">What counts the ticks; the system, when <see langword="null"/>.</param>
internal sealed class CoarseClock(TimeProvider time, Func<long>? tick = null)
{
    private readonly bool ticks = tick is not null || ReferenceEquals(time, TimeProvider.System);
    private Reading? last;

    /// <summary>In UTC ticks.</summary>
    public long Now => ticks ? ReadLastTick() : time.GetUtcNow().UtcTicks;

    private long ReadLastTick()
    {
#pragma warning disable RS0030 // It says only whether the clock has to be read again.
        long current = tick is null ? Environment.TickCount64 : tick();
#pragma warning restore RS0030
        var known = Volatile.Read(ref last);
        if (known is null || known.Tick != current)
            Volatile.Write(ref last, known = new(current, time.GetUtcNow().UtcTicks));
        return known.Now;
    }

    private sealed record Reading(long Tick, long Now);
}
