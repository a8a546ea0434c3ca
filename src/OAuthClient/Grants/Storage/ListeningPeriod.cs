namespace OAuthClient;

/// <summary>Represents a period in which every change by another process is reported.</summary>
internal sealed class ListeningPeriod
{
    private long endedAt = long.MinValue;

    /// <summary>Gets the timestamp of its end; <see langword="null"/> if it has not ended.</summary>
    public long? EndedAt => Interlocked.Read(ref endedAt) is var ended && ended == long.MinValue ? null : ended;

    public void End(long timestamp) => Interlocked.Exchange(ref endedAt, timestamp);
}
