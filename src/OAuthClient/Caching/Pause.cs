namespace OAuthClient;

/// <summary>A period in which an operation is not repeated, measured with the monotonic clock. It is thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class Pause(TimeProvider time)
{
    private long until = long.MinValue;

    /// <summary>Gets the remaining time; zero or less if there is no pause.</summary>
    public TimeSpan Remaining
    {
        get
        {
            long end = Volatile.Read(ref until);
            return end == long.MinValue ? TimeSpan.Zero : time.GetElapsedTime(time.GetTimestamp(), end);
        }
    }

    /// <summary>Starts a pause, or extends the current one. The longer of two pauses counts.</summary>
    /// <param name="duration">The duration from now.</param>
    public void Extend(TimeSpan duration)
    {
        long end = time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);
        long known;
        while ((known = Volatile.Read(ref until)) < end && Interlocked.CompareExchange(ref until, end, known) != known)
        {
            // Another thread changed the pause concurrently: compare again.
        }
    }
}
