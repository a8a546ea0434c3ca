using System.Globalization;
using System.Runtime.InteropServices;

namespace OAuthClient;

/// <summary>
/// The current time, with which the times of a JWT are compared, and the accepted difference of the clocks (RFC 7519 §4.1.4).
/// </summary>
/// <param name="Now">The current time.</param>
/// <param name="Tolerance">The accepted difference.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ClockReading(DateTimeOffset Now, TimeSpan Tolerance)
{
    /// <summary>Determines whether a time has passed, also by a clock that is slow within the tolerance.</summary>
    public bool HasPassed(DateTimeOffset end) =>
        // Not end + Tolerance: some servers send the year 9999 for "never", and the sum would overflow.
        Now - Tolerance
        >= end;

    /// <summary>Determines whether a time is in the future, also by a clock that is fast within the tolerance.</summary>
    public bool IsInFuture(DateTimeOffset start) => start > Now + Tolerance;

    /// <summary>Describes a time beside the current time, for the end of a message about a time that is not accepted.</summary>
    /// <param name="claim">The name of the claim.</param>
    /// <param name="stated">The time that the claim states.</param>
    public string Compare(string claim, DateTimeOffset stated) =>
        $"({claim} is {Text(stated)}, this machine's clock is at {Text(Now)}, ClockTolerance is "
        + $"{Tolerance.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s); check this machine's clock, or the server's.";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
