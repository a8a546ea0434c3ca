namespace OAuthClient.PostgreSql;

/// <summary>A time in which every announcement arrives.</summary>
internal sealed class ListeningPeriod
{
    private long endedAt = long.MinValue;

    /// <summary>The timestamp of its end; <see langword="null"/> while it lasts.</summary>
    public long? EndedAt => Interlocked.Read(ref endedAt) is var ended && ended == long.MinValue ? null : ended;

    public void End(long timestamp) => Interlocked.Exchange(ref endedAt, timestamp);
}
