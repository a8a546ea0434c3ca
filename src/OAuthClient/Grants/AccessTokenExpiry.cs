namespace OAuthClient;

/// <summary>Specifies the state of an access token at a given time.</summary>
internal enum AccessTokenState
{
    /// <summary>The token is used.</summary>
    Fresh,

    /// <summary>The token is used, and the next one is requested in the background.</summary>
    RefreshDue,

    /// <summary>The token is not used; the caller waits for another one.</summary>
    Expired,
}

/// <summary>Computes the state of an access token from its expiry and the current time.</summary>
internal static class AccessTokenExpiry
{
    private const long MaximumRefreshWindow = 30 * TimeSpan.TicksPerSecond;

    /// <param name="token">The token.</param>
    /// <param name="renewable">Whether another token can be requested without the resource owner.</param>
    /// <param name="defaultLifetime">The lifetime of a token whose server did not state one.</param>
    /// <param name="now">The current time.</param>
    public static AccessTokenState StateAt(AccessToken token, bool renewable, TimeSpan defaultLifetime, DateTimeOffset now)
    {
        long end = End(token, renewable, defaultLifetime);
        return now.UtcTicks >= end ? AccessTokenState.Expired
            : now.UtcTicks >= end - RefreshWindow(token, end) ? AccessTokenState.RefreshDue
            : AccessTokenState.Fresh;
    }

    /// <summary>Gets the time, in UTC ticks, at which the token is no longer fresh.</summary>
    /// <param name="token">The token.</param>
    /// <param name="renewable">Whether another token can be requested without the resource owner.</param>
    /// <param name="defaultLifetime">The lifetime of a token whose server did not state one.</param>
    public static long FreshUntil(AccessToken token, bool renewable, TimeSpan defaultLifetime)
    {
        long end = End(token, renewable, defaultLifetime);
        return end - RefreshWindow(token, end);
    }

    /// <summary>Gets the time at which the token expires.</summary>
    public static DateTimeOffset EndOf(AccessToken token, TimeSpan defaultLifetime) => token.ExpiresAt ?? token.IssuedAt + defaultLifetime;

    // A token that cannot be renewed and has no stated expiry is used until the API rejects it. A lifetime of zero is ignored as well: it
    // would redirect the user to sign in again after each sign-in.
    private static long End(AccessToken token, bool renewable, TimeSpan defaultLifetime) =>
        !renewable && (token.ExpiresAt is not { } stated || stated <= token.IssuedAt)
            ? DateTime.MaxValue.Ticks
            : EndOf(token, defaultLifetime).UtcTicks;

    /// <summary>Gets the smaller of 30 seconds and 20 % of the lifetime, in ticks.</summary>
    private static long RefreshWindow(AccessToken token, long end) =>
        Math.Clamp((end - token.IssuedAt.UtcTicks) / 5, 0, MaximumRefreshWindow);
}
