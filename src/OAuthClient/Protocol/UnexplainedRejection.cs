namespace OAuthClient;

/// <summary>
/// Records that an access token was replaced because an API rejected it with a status 401 that states no reason. Such a response does not
/// say that another token would be accepted, so the replacements of a grant are limited. The record is kept with each token of the grant,
/// so that it counts for all of them and for all nodes.
/// </summary>
/// <param name="ReplacedAt">The time of the last replacement.</param>
/// <param name="Count">The number of consecutive replacements whose new token was rejected too.</param>
internal sealed record UnexplainedRejection(DateTimeOffset ReplacedAt, int Count)
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    // Where it is not known whether the API accepted the new token, silence for this many intervals means that it did.
    private const int SilentIntervals = 4;

    /// <summary>
    /// Gets a value indicating whether the API accepted the new token when the request was sent once more; <see langword="null"/> if this
    /// process does not know it. It is not stored.
    /// </summary>
    public bool? IsAccepted { get; init; }

    // 5, 10, 20, 40 and 60 minutes.
    private TimeSpan Interval =>
        IsAccepted is true ? FirstInterval
        : Count >= 5 ? LongestInterval
        : FirstInterval * (1 << (Count - 1));

    /// <summary>Determines whether a token may be replaced again.</summary>
    public bool AllowsReplacement(DateTimeOffset now) => now - ReplacedAt >= Interval;

    /// <summary>Returns the record of a token that replaces another one for this reason.</summary>
    /// <param name="previous">The newest record of the grant; <see langword="null"/> if it has none.</param>
    /// <param name="now">The current time.</param>
    public static UnexplainedRejection After(UnexplainedRejection? previous, DateTimeOffset now) =>
        previous is null || (previous.IsAccepted ?? now - previous.ReplacedAt >= previous.Interval * SilentIntervals)
            ? new(now, 1)
            : new(now, previous.Count + 1);

    /// <summary>Returns the newer of two records.</summary>
    public static UnexplainedRejection? Newer(UnexplainedRejection? one, UnexplainedRejection? other) =>
        one is null || other?.ReplacedAt > one.ReplacedAt ? other : one;
}
