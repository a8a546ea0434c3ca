using System.Net;

namespace OAuthClient;

/// <summary>
/// The time until which a server requested a pause (<c>Retry-After</c>, RFC 9110 §10.2.3), measured with the monotonic clock.
/// </summary>
internal sealed class RetryAfterPause(TimeProvider time)
{
    /// <summary>The maximum pause. A longer one that a server requests is shortened to it.</summary>
    public static readonly TimeSpan Maximum = TimeSpan.FromMinutes(1);

    private long until;

    /// <summary>Gets the remaining time of the pause; zero or less if there is none.</summary>
    public TimeSpan Remaining => time.GetElapsedTime(time.GetTimestamp(), Volatile.Read(ref until));

    /// <summary>
    /// Extends the pause if the response is a 429 or 503 with a <c>Retry-After</c> header. The longer of two pauses counts.
    /// </summary>
    /// <param name="response">The response.</param>
    public void Record(HttpResponseMessage response)
    {
        if (
            response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            || Read(response, time) is not { } requested
        )
        {
            return;
        }
        var pause = requested < Maximum ? requested : Maximum;
        long end = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
        long known;
        while ((known = Volatile.Read(ref until)) < end && Interlocked.CompareExchange(ref until, end, known) != known)
        {
            // Another response changed the pause concurrently: compare again.
        }
    }

    /// <summary>Reads the <c>Retry-After</c> header as a duration from now.</summary>
    /// <param name="response">The response.</param>
    /// <param name="time">The clock, with which a date is compared.</param>
    /// <returns>The duration, which is not negative; <see langword="null"/> if the header is absent or malformed.</returns>
    public static TimeSpan? Read(HttpResponseMessage response, TimeProvider time) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };
}
