namespace OAuthClient;

/// <summary>
/// What the server said of who signed out there, for as long as a login that was begun before may still be completed: its grant is not stored
/// yet when the word comes. In this process's memory; bounded, the oldest goes first. Safe for use by many threads at once.
/// </summary>
internal sealed class RecentLogoutTokens(TimeProvider time)
{
    internal const int Capacity = 10_000;

    private readonly Queue<(LogoutToken Token, long Number, DateTimeOffset ForgetAt)> order = new();
    private readonly Lock changes = new();
    private long last;

    /// <summary>Where the memory ends just now: what comes later has a higher number.</summary>
    public long Last => Volatile.Read(ref last);

    public void Add(LogoutToken token, TimeSpan remembered)
    {
        lock (changes)
        {
            var now = time.GetUtcNow();
            while (order.TryPeek(out var oldest) && (oldest.ForgetAt <= now || order.Count >= Capacity))
                order.Dequeue();
            order.Enqueue((token, ++last, now + remembered));
        }
    }

    /// <summary>Whether one that is meant is newer than what was issued at a moment: with the server's clock's seconds alike, one that came after <paramref name="seen"/>.</summary>
    public bool AnyAfter(DateTimeOffset issuedAt, long seen, Predicate<LogoutToken> isMeant)
    {
        lock (changes)
        {
            foreach (var (token, number, _) in order)
            {
                if ((token.IssuedAt > issuedAt || (token.IssuedAt == issuedAt && number > seen)) && isMeant(token))
                    return true;
            }
            return false;
        }
    }
}
