using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>So that nodes which wait for the same thing do not all come at the same moment.</summary>
internal static class Jitter
{
    /// <returns>From 75 to 125 per cent.</returns>
    public static TimeSpan Of(TimeSpan pause) => pause * (0.75 + RandomNumberGenerator.GetInt32(501) / 1000.0);
}
