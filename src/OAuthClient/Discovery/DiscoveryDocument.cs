using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>
/// Caches a document that the server publishes: its metadata, or its keys. It is fresh for one hour. During an outage it is used for up to
/// 24 hours; this limits how long a withdrawn key is trusted, even if an attacker blocks the endpoint.
/// </summary>
/// <typeparam name="T">The type of the content.</typeparam>
/// <param name="time">The clock.</param>
/// <param name="initial">A document that was fetched under an earlier configuration; <see langword="null"/> if there is none.</param>
/// <param name="outageRetryDelay">During an outage, the delay before the document is requested again.</param>
internal abstract class DiscoveryDocument<T>(TimeProvider time, DiscoveryDocument<T>.Fetched? initial, TimeSpan outageRetryDelay)
    : RevalidatedValue<DiscoveryDocument<T>.Fetched>(time, initial)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(24);

    // Limits the requests that tokens with invented key identifiers cause. Short, because a token signed with a new key is rejected until
    // the delay has ended.
    private static readonly TimeSpan EarlyFetchDelay = TimeSpan.FromSeconds(10);

    private int isEarly;

    /// <summary>Fetches the document although it is fresh, unless another fetch completed since the caller read it.</summary>
    /// <param name="seen">The document that the caller read.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public Task<Fetched> FetchEarlyAsync(Fetched seen, CancellationToken cancellationToken)
    {
        Volatile.Write(ref isEarly, 1);
        return RenewAsync(seen, cancellationToken);
    }

    /// <summary>Downloads the content.</summary>
    protected abstract Task<T> DownloadAsync();

    /// <summary>Gets how a document is used that is no longer fresh.</summary>
    protected abstract Freshness WhenOld(Fetched known);

    protected override async Task<Fetched> FetchAsync()
    {
        bool delaysNext = Interlocked.Exchange(ref isEarly, 0) != 0;
        var content = await DownloadAsync().ConfigureAwait(false);
        var now = Time.GetUtcNow();
        return new(content, now + FreshFor, now + MaximumAge, delaysNext ? now + EarlyFetchDelay : now);
    }

    protected override Freshness GetFreshness(Fetched known)
    {
        var now = Time.GetUtcNow();
        return now >= known.ExpiresAt ? Freshness.Expired
            : now < known.FreshUntil ? Freshness.Fresh
            : WhenOld(known);
    }

    protected override bool IsOutage(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or OAuthException and not OAuthProtocolException;

    protected override Fetched? Keep(Fetched known, Exception exception)
    {
        if (!IsOutage(exception))
            return known;
        var now = Time.GetUtcNow();
        var retryAt = now + outageRetryDelay;
        return known with
        {
            FreshUntil = known.FreshUntil > retryAt ? known.FreshUntil : retryAt,
            NextEarlyFetchAt = now + EarlyFetchDelay,
            Outage = ExceptionDispatchInfo.Capture(exception),
        };
    }

    /// <summary>A downloaded document.</summary>
    /// <param name="Content">The content.</param>
    /// <param name="FreshUntil">The time until which it is used without another request.</param>
    /// <param name="ExpiresAt">The time until which it is used during an outage.</param>
    /// <param name="NextEarlyFetchAt">The time from which it may be requested again although it is fresh.</param>
    internal sealed record Fetched(T Content, DateTimeOffset FreshUntil, DateTimeOffset ExpiresAt, DateTimeOffset NextEarlyFetchAt)
    {
        /// <summary>Gets the failure of the last request, after which the document was kept.</summary>
        public ExceptionDispatchInfo? Outage { get; init; }
    }
}
