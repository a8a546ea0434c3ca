using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Decides how cached grants may be used. While the change feed is connected, they are current until a change is reported. Grants that may
/// have missed a report are used for some seconds, and during an outage of the store for one minute, because access tokens are short-lived
/// in any case.
/// </summary>
/// <remarks>
/// A feed can lose a report although it stays connected, for example if the reporting process ends after its change was stored and before
/// the change was reported. Grants are therefore compared with the store before they are 5 minutes old. This costs one query for many
/// owners; see <see cref="GrantComparer"/>. Grants that were not used at that time are read again at their next use.
/// </remarks>
internal sealed class GrantFreshness(IGrantChangeFeed feed, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan CurrentWhileListening = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ComparedAfter = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan FreshWhileUncertain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UsedWhileUncertain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterOutage = TimeSpan.FromSeconds(5);

    private readonly Pause pause = new(time);
    private volatile ListeningPeriod? listening;
    private volatile bool isUnavailable;

    /// <summary>Gets the period in which changes are reported; <see langword="null"/> if they are not.</summary>
    public ListeningPeriod? Listening => listening;

    /// <summary>Records that changes are reported from now on. Earlier ones may have been missed.</summary>
    public void StartListening() => listening = new();

    /// <summary>Records that changes are no longer reported.</summary>
    /// <param name="silence">The time since the connection was last known to work.</param>
    public void StopListening(TimeSpan silence)
    {
        listening?.End(time.GetTimestamp() - (long)(silence.TotalSeconds * time.TimestampFrequency));
        listening = null;
    }

    public void RecordRead() => isUnavailable = false;

    /// <summary>Records a failed read. After an outage, cached grants are used for some seconds without another read.</summary>
    public void RecordFailure(Exception exception)
    {
        bool isOutage = feed.IsOutage(exception);
        if (isOutage)
        {
            pause.Extend(PauseAfterOutage);
            if (!isUnavailable)
                Log.GrantsNotRead(logger, exception.GetType().Name);
        }
        isUnavailable = isOutage;
    }

    /// <summary>Determines how grants may be used for access tokens.</summary>
    public Freshness Of(GrantSnapshot copy)
    {
        // The absence of grants is not cached, so that a grant of another process is not missed.
        if (copy.Grants.Length == 0)
            return Freshness.Expired;
        var uncertainty = UncertaintyOf(copy);
        var current = listening;
        if (current is not null && ReferenceEquals(copy.ReadDuring, current))
        {
            return uncertainty == TimeSpan.Zero ? Freshness.Fresh
                : isUnavailable && uncertainty >= UsedWhileUncertain ? Freshness.Expired
                : UnlessPaused(Freshness.Stale);
        }
        return uncertainty >= UsedWhileUncertain ? Freshness.Expired
            // The feed was connected again, so that a read makes the grants current.
            : current is not null ? UnlessPaused(Freshness.Fallback)
            : uncertainty < FreshWhileUncertain ? Freshness.Fresh
            : UnlessPaused(Freshness.Stale);
    }

    /// <summary>Determines whether grants cannot have missed a change.</summary>
    public bool IsCurrent(GrantSnapshot copy) =>
        listening is { } current && ReferenceEquals(copy.ReadDuring, current) && !isUnavailable && UncertaintyOf(copy) == TimeSpan.Zero;

    /// <summary>Determines whether grants must be compared with the store soon.</summary>
    public bool IsComparisonDue(GrantSnapshot copy) => time.GetElapsedTime(copy.ReadAt) >= ComparedAfter && IsCurrent(copy);

    private Freshness UnlessPaused(Freshness freshness) => isUnavailable && pause.Remaining > TimeSpan.Zero ? Freshness.Fresh : freshness;

    /// <returns>The time during which a change by another process may have been missed.</returns>
    private TimeSpan UncertaintyOf(GrantSnapshot copy)
    {
        var age = time.GetElapsedTime(copy.ReadAt);
        if (copy.ReadDuring is not { } period)
            return age;
        if (period.EndedAt is { } endedAt)
            return time.GetElapsedTime(Math.Max(copy.ReadAt, endedAt));
        return age < CurrentWhileListening ? TimeSpan.Zero : age - CurrentWhileListening + TimeSpan.FromTicks(1);
    }
}
