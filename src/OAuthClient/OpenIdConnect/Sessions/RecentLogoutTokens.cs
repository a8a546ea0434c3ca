namespace OAuthClient;

/// <summary>
/// Keeps logout tokens in memory until every login that began earlier has been completed or has expired, because the grant of such a login
/// is not in the store when the token arrives. Bounded; the oldest token is removed first. Safe for concurrent use.
/// </summary>
internal sealed class RecentLogoutTokens(TimeProvider time)
{
    internal const int Capacity = 10_000;

    private readonly Queue<(LogoutToken Token, long Number, DateTimeOffset ExpiresAt)> tokens = new();
    private readonly Lock gate = new();
    private long last;

    /// <summary>Gets the sequence number of the last token. Later tokens have higher numbers.</summary>
    public long Last => Volatile.Read(ref last);

    public void Add(LogoutToken token, TimeSpan lifetime)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            while (tokens.TryPeek(out var oldest) && (oldest.ExpiresAt <= now || tokens.Count >= Capacity))
                tokens.Dequeue();
            tokens.Enqueue((token, ++last, now + lifetime));
        }
    }

    /// <summary>
    /// Determines whether a matching token was issued after <paramref name="issuedAt"/>, or in the same second and received after
    /// <paramref name="sequence"/>.
    /// </summary>
    public bool AnyAfter(DateTimeOffset issuedAt, long sequence, Predicate<LogoutToken> matches)
    {
        lock (gate)
        {
            return tokens.Any(recent =>
                (recent.Token.IssuedAt > issuedAt || (recent.Token.IssuedAt == issuedAt && recent.Number > sequence))
                && matches(recent.Token)
            );
        }
    }
}
