using System.Runtime.InteropServices;

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
    public static TokenState At(AccessToken token, bool renewable, TimeSpan whenUnstated, DateTimeOffset now) =>
        At(new TokenLifetime(token), renewable, whenUnstated, now);

    /// <param name="token">The lifetime of the token in hand.</param>
    /// <param name="renewable">Whether another can be had without the resource owner.</param>
    /// <param name="whenUnstated">How long a token lives whose server did not say.</param>
    /// <param name="now">The moment.</param>
    public static TokenState At(TokenLifetime token, bool renewable, TimeSpan whenUnstated, DateTimeOffset now)
    {
        // A token that cannot be had anew, and whose end nobody named, is good until the API refuses it. A life of nothing
        // names no end either: believed, it would send the user to log in again at once, and for ever.
        if (!renewable && token.End <= token.Issued)
            return TokenState.Good;
        long end = token.End != TokenLifetime.Unstated ? token.End : token.Issued + whenUnstated.Ticks;
        if (now.UtcTicks >= end)
            return TokenState.Over;
        return now.UtcTicks >= end - HeadStart(end - token.Issued) ? TokenState.Early : TokenState.Good;
    }

    /// <summary>min(30 s, 20 % of its life).</summary>
    private static long HeadStart(long life) => Math.Min(life / 5, LongestHeadStart);
}

/// <summary>From when until when a token lives, in ticks, because it is looked at for every request.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct TokenLifetime(AccessToken token)
{
    /// <summary>The server did not say until when.</summary>
    public const long Unstated = long.MinValue;

    public long Issued { get; } = token.IssuedAt.UtcTicks;
    public long End { get; } = token.ExpiresAt?.UtcTicks ?? Unstated;
}
