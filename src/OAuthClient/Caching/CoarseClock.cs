namespace OAuthClient;

/// <summary>
/// Returns the time as of the last tick of the system, which is at most some milliseconds old. It is for code that needs the time with each
/// request, where reading the clock would be the slowest step. After the machine resumes from sleep the time can be old until the next
/// tick. A clock other than <see cref="TimeProvider.System"/> is read each time.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="tick">Returns the tick count; <see langword="null"/> for that of the system.</param>
internal sealed class CoarseClock(TimeProvider time, Func<long>? tick = null)
{
    private readonly bool ticks = tick is not null || ReferenceEquals(time, TimeProvider.System);
    private Reading? last;

    /// <summary>Gets the time in UTC ticks.</summary>
    public long Now => ticks ? ReadLastTick() : time.GetUtcNow().UtcTicks;

    private long ReadLastTick()
    {
#pragma warning disable RS0030 // Only determines whether the clock must be read again.
        long current = tick is null ? Environment.TickCount64 : tick();
#pragma warning restore RS0030
        var known = Volatile.Read(ref last);
        if (known is null || known.Tick != current)
            Volatile.Write(ref last, known = new(current, time.GetUtcNow().UtcTicks));
        return known.Now;
    }

    private sealed record Reading(long Tick, long Now);
}
