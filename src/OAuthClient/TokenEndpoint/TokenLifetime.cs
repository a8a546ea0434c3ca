using System.Globalization;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Reads when a token expires: a number of seconds (RFC 6749 §5.1), also as text or with a fraction; or a time, as seconds or milliseconds
/// since 1970-01-01, as an HTTP date (RFC 9110 §5.6.7) or as an ISO 8601 date.
/// </summary>
internal static class TokenLifetime
{
    // Ten years. A longer lifetime is an error of the server and could cause an overflow.
    private const long MaximumSeconds = 315_360_000;

    private const string Year = "20";

    /// <summary>Reads a lifetime, or the time at which it ends.</summary>
    /// <param name="member">The member of the response.</param>
    /// <param name="issuedAt">The time from which the lifetime is counted.</param>
    /// <returns>The end, at most ten years later; <see langword="null"/> if the value cannot be read.</returns>
    public static DateTimeOffset? TryRead(JsonElement member, DateTimeOffset issuedAt)
    {
        string? text = StrictJson.TextIfAnyOf(member)?.Trim();
        if (!TryReadNumber(member, text, out double number))
            return TryReadDate(text) is { } date ? Limited((date - issuedAt).TotalSeconds, issuedAt) : null;
        double now = issuedAt.ToUnixTimeSeconds();
        // A lifetime of more than thirty years is a time since 1970-01-01.
        return number > MaximumSeconds && Math.Abs(number - now) <= MaximumSeconds ? Limited(number - now, issuedAt)
            : number > MaximumSeconds && Math.Abs(number / 1000 - now) <= MaximumSeconds ? Limited(number / 1000 - now, issuedAt)
            : Limited(number, issuedAt);
    }

    private static DateTimeOffset Limited(double seconds, DateTimeOffset issuedAt) =>
        issuedAt.AddSeconds((long)Math.Clamp(Math.Floor(seconds), 0, MaximumSeconds));

    private static bool TryReadNumber(JsonElement member, string? text, out double number)
    {
        if (member.ValueKind == JsonValueKind.Number)
            return member.TryGetDouble(out number);
        return double.TryParse(
                text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out number
            ) && double.IsFinite(number);
    }

    // The parser of dates reads many texts, such as "3,600". A date of this century contains 20.
    private static DateTimeOffset? TryReadDate(string? text) =>
        text is { Length: >= 10 and <= 64 }
        && text.Contains(Year, StringComparison.Ordinal)
        && DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var date
        )
            ? date
            : null;
}
