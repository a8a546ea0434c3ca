namespace OAuthClient;

/// <summary>What can be done with a token at a moment.</summary>
internal enum AccessTokenState
{
    /// <summary>Use it.</summary>
    Fresh,

    /// <summary>Use it, and fetch the next one meanwhile.</summary>
    RefreshDue,

    /// <summary>Wait for another.</summary>
    Expired,
}

/// <summary>The clock's part in the life of an access token: pure.</summary>
internal static class AccessTokenExpiry
{
    private const long MaximumRenewalWindow = 30 * TimeSpan.TicksPerSecond;

    /// <param name="token">The token in hand.</param>
    /// <param name="renewable">Whether another can be had without the resource owner.</param>
    /// <param name="whenUnstated">How long a token lives whose server did not say.</param>
    /// <param name="now">The moment.</param>
    public static AccessTokenState StateAt(AccessToken token, bool renewable, TimeSpan whenUnstated, DateTimeOffset now)
    {
        long end = End(token, renewable, whenUnstated);
        return now.UtcTicks >= end ? AccessTokenState.Expired
            : now.UtcTicks >= end - RefreshWindow(token, end) ? AccessTokenState.RefreshDue
            : AccessTokenState.Fresh;
    }

    /// <summary>From when on it is good no more, in UTC ticks.</summary>
    /// <param name="token">The token in hand.</param>
    /// <param name="renewable">Whether another can be had without the resource owner.</param>
    /// <param name="whenUnstated">How long a token lives whose server did not say.</param>
    public static long FreshUntil(AccessToken token, bool renewable, TimeSpan whenUnstated)
    {
        long end = End(token, renewable, whenUnstated);
        return end - RefreshWindow(token, end);
    }

    // A token that cannot be had anew, and whose end nobody named, is good until the API refuses it. A life of nothing names no end
    // either: believed, it would send the user to log in again at once, and for ever.
    private static long End(AccessToken token, bool renewable, TimeSpan whenUnstated) =>
        !renewable && (token.ExpiresAt is not { } stated || stated <= token.IssuedAt)
            ? DateTime.MaxValue.Ticks
            : token.ExpiresAt?.UtcTicks ?? token.IssuedAt.UtcTicks + whenUnstated.Ticks;

    /// <summary>min(30 s, 20 % of its life).</summary>
    private static long RefreshWindow(AccessToken token, long end) =>
        Math.Clamp((end - token.IssuedAt.UtcTicks) / 5, 0, MaximumRenewalWindow);
}
