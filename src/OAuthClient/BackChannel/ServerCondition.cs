using System.Net;

namespace OAuthClient;

/// <summary>
/// How a server is doing, as one client has seen it. Not shared between clients: a proxy, a certificate or a rate limit of the one is
/// no reason to stop the other.
/// </summary>
internal sealed class ServerCondition(Uri endpoint, TimeProvider time)
{
    /// <summary>No server silences its clients for longer, whatever it says.</summary>
    public static readonly TimeSpan MaximumQuiet = TimeSpan.FromMinutes(1);

    private long quietUntil = long.MinValue;
    private Resilience? resilience;

    /// <summary>Scheme, host and port.</summary>
    public string Origin { get; } = endpoint.GetLeftPart(UriPartial.Authority);

    /// <summary>Who decides about further attempts, once somebody had to.</summary>
    public Resilience? Resilience => Volatile.Read(ref resilience);

    /// <summary>How long the server still wants to be left alone (RFC 9110 §10.2.3); zero or less when it does not.</summary>
    public TimeSpan QuietFor
    {
        get
        {
            long until = Volatile.Read(ref quietUntil);
            return until == long.MinValue ? TimeSpan.Zero : time.GetElapsedTime(time.GetTimestamp(), until);
        }
    }

    public void Note(HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) || RetryAfter(response, time) is not { } asked)
            return;
        var quiet = asked < MaximumQuiet ? asked : MaximumQuiet;
        long until = time.GetTimestamp() + (long)(quiet.TotalSeconds * time.TimestampFrequency);
        long known;
        while ((known = Volatile.Read(ref quietUntil)) < until && Interlocked.CompareExchange(ref quietUntil, until, known) != known)
        {
            // Another answer came between; the longer one counts.
        }
    }

    /// <summary>How long the server asked to be left alone, when it did, counted from our own clock and never negative.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>From now on what is sent to this server goes that way; of several that were made at once, the first counts.</summary>
    public Resilience Remember(Resilience made) => Interlocked.CompareExchange(ref resilience, made, null) ?? made;
}
