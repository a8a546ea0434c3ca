namespace OAuthClient;

/// <summary>
/// Records that an access token was replaced because an API rejected it with a status 401 and no challenge. Such a response does not say
/// that another token would be accepted, so the replacements of a grant are limited. The record is kept with the token, so that it counts
/// for all nodes.
/// </summary>
/// <param name="ReplacedAt">The time of the last replacement.</param>
/// <param name="Count">The number of replacements, each of which the API rejected.</param>
internal sealed record UnchallengedRejection(DateTimeOffset ReplacedAt, int Count)
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    // 5, 10, 20, 40 and 60 minutes.
    private TimeSpan Interval => Count >= 5 ? LongestInterval : FirstInterval * (1 << (Count - 1));

    /// <summary>Determines whether the token may be replaced again.</summary>
    public bool AllowsReplacement(DateTimeOffset now) => now - ReplacedAt >= Interval;

    /// <summary>Returns the record of a token that replaces another one for this reason.</summary>
    /// <param name="previous">The record of the replaced token; <see langword="null"/> if it has none.</param>
    /// <param name="now">The current time.</param>
    public static UnchallengedRejection After(UnchallengedRejection? previous, DateTimeOffset now) =>
        // The API accepted the token for as long again as the interval, so the earlier rejections have ended.
        previous is null
        || now - previous.ReplacedAt >= previous.Interval * 2
            ? new(now, 1)
            : new(now, previous.Count + 1);
}
