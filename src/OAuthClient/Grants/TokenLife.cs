namespace OAuthClient;

/// <summary>What can be done with a token at a moment.</summary>
internal enum TokenState
{
    /// <summary>Use it.</summary>
    Good,

    /// <summary>Use it, and fetch the next one meanwhile.</summary>
    Early,

    /// <summary>Wait for another.</summary>
    Over,
}

/// <summary>The clock's part in the life of an access token: pure.</summary>
internal static class TokenLife
{
    private const long LongestHeadStart = 30 * TimeSpan.TicksPerSecond;

    /// <param name="token">The token in hand.</param>
    /// <param name="renewable">Whether another can be had without the resource owner.</param>
    /// <param name="whenUnstated">How long a token lives whose server did not say.</param>
    /// <param name="now">The moment.</param>
    public static TokenState At(AccessToken token, bool renewable, TimeSpan whenUnstated, DateTimeOffset now)
    {
        // A token that cannot be had anew, and whose end nobody named, is good until the API refuses it. A life of nothing
        // names no end either: believed, it would send the user to log in again at once, and for ever.
        if (!renewable && (token.ExpiresAt is null || token.ExpiresAt <= token.IssuedAt))
            return TokenState.Good;
        // In ticks, because this stands in the way of every request.
        long issued = token.IssuedAt.UtcTicks;
        long end = token.ExpiresAt?.UtcTicks ?? issued + whenUnstated.Ticks;
        if (now.UtcTicks >= end)
            return TokenState.Over;
        return now.UtcTicks >= end - HeadStart(end - issued) ? TokenState.Early : TokenState.Good;
    }

    /// <summary>min(30 s, 20 % of its life).</summary>
    private static long HeadStart(long life) => Math.Min(life / 5, LongestHeadStart);
}
