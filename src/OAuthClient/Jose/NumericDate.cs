using System.Text.Json;

namespace OAuthClient;

/// <summary>Reads times in seconds since 1970-01-01 (NumericDate, RFC 7519 §2), and compares them with this machine's clock.</summary>
internal static class NumericDate
{
    // 9999-12-31T23:59:59Z, the last second that DateTimeOffset represents.
    private const long LastSecond = 253_402_300_799;

    /// <summary>Reads a time; <see langword="null"/> when the member is absent or not a valid time.</summary>
    public static DateTimeOffset? TryRead(JsonElement json, string name) =>
        TryReadSeconds(json, name) is { } seconds and >= 0 and <= LastSecond ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null;

    /// <summary>Reads a required time.</summary>
    /// <exception cref="OAuthProtocolException">The member is missing or not a valid time.</exception>
    public static DateTimeOffset Read(JsonElement json, string name, string kind) =>
        TryReadSeconds(json, name) is null
            ? throw new OAuthProtocolException($"The {kind} has no {name}, or its {name} is not a number.")
            : TryRead(json, name) ?? throw new OAuthProtocolException($"The {kind}'s {name} is not a valid time.");

    /// <summary>Reads an optional time. A later year than 9999, which some servers send for "never", is the maximum.</summary>
    /// <exception cref="OAuthProtocolException">The member is not a valid time.</exception>
    public static DateTimeOffset? ReadIfPresent(JsonElement json, string name, string kind)
    {
        if (json.Member(name).IsAbsent())
            return null;
        return TryReadSeconds(json, name) is { } seconds and >= 0
            ? seconds > LastSecond
                ? DateTimeOffset.MaxValue
                : DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : throw new OAuthProtocolException($"The {kind}'s {name} is not a number of seconds since 1970-01-01.");
    }

    /// <summary>Reads the number; <see langword="null"/> when the member is absent or not a number.</summary>
    public static double? TryReadSeconds(JsonElement json, string name) =>
        json.Member(name) is { ValueKind: JsonValueKind.Number } member && member.TryGetDouble(out double number) ? number : null;
}
